const zone = $('[data-my-zone]');
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (location.hash === '#q') $('#q')?.focus();
dress();
setInterval(() => { if (!document.hidden) tick(); if (stream) watch(); }, 1000);
setInterval(dress, 30e3);
