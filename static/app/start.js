const zone = $('[data-my-zone]');
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (location.hash === '#q') $('#q')?.focus();
if (!me) remember('told', '{}'); // signed out
// A row of tabs that is wider than a phone begins with where one is.
for (const a of $$('nav > [aria-current]')) a.parentElement.scrollLeft = a.offsetLeft - a.parentElement.offsetLeft - 40;
dress();
setInterval(() => { if (!document.hidden) tick(); }, 1000);
setInterval(dress, 30e3);
