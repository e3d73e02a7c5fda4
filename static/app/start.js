const zone = $('[data-my-zone]');
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (location.hash === '#q') $('#q')?.focus();
if (!me) remember('told', '{}'); // signed out
dress();
setInterval(() => { if (!document.hidden) tick(); }, 1000);
setInterval(dress, 30e3);
