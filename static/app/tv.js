// A wall: nobody clicks here, for weeks. What the other pages have and a wall has not:
function armUndo() {}
function refreshPeek() {}
function news() {}
function eager() { return true; }

const began = Date.now() + Math.random() * 20e3; // walls don't reload together
const face = $('#tv-time'), old = $('#tv-old');
const faceOf = format({hour: '2-digit', minute: '2-digit', timeZone: face.dataset.wallZone});

// idle: a moment on the stage is not cut short.
function idle() { return !$('#tv-moment .moment'); }

// Once a day, in the night, the page is loaded anew, while the server is there.
function nightly() {
  if ($('#tv-state i')?.dataset.closed === 'true' && !lost && idle() && Date.now() - began > 24 * HOUR) location.reload();
}

// Nobody presses "reload" here: what has not been live for five minutes is loaded anew,
// when its server answers and does not say that too many watch.
let sought = 0;
function revive() {
  const t = Date.now();
  if (!lost || said.status === 429 || t - Math.max(lost, sought) < 300e3) return;
  sought = t;
  served(200);
}

function wallTick() {
  write(face, faceOf.format(now()));
  old.hidden = age() <= OLD;
  if (!old.hidden) write(old, asOf ? old.dataset.word + ' ' + ago(age()) : $('.word', connection).dataset.missingWord);
  nightly();
  revive();
}
setInterval(wallTick, 1000);
wallTick();

// A screen that may be kept on is kept on.
const wakeLock = () => { if (!document.hidden) navigator.wakeLock?.request('screen').catch(() => {}); };
document.addEventListener('visibilitychange', wakeLock);
wakeLock();
