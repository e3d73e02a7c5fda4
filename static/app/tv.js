// A wall: nobody clicks here, for weeks. What the other pages have and a wall has not:
const armUndo = () => {}, refreshPeek = () => {};

const began = Date.now() + Math.random() * 20e3; // walls don't reload together
const face = $('#tv-time'), old = $('#tv-old');
const faceOf = format({hour: '2-digit', minute: '2-digit', timeZone: face.dataset.wallZone});

// The link was taken away when the server itself says so: the page that tells is its own.
async function gone(status) {
  if (status !== 404) return;
  try {
    const answer = await fetch(location.href, {cache: 'no-store', signal: AbortSignal.timeout(10e3)});
    if (answer.status === 404 && (await answer.text()).includes('wall-gone')) location.reload();
  } catch { /* the stream asks again, and so do we */ }
}
document.addEventListener('htmx:sse:error', e => gone(e.detail.status));
document.addEventListener('htmx:response:error', e => gone(e.detail.ctx.response.status));

// renew loads the page anew when the server's version is another one, and in the night
// of each day; not while something is on the stage, and only while the server is there.
function renew() {
  const state = $('#tv-state i')?.dataset, t = Date.now();
  if (!state || lost || t - heard > 10e3 || $('#tv-moment .moment') || t - began < 60e3) return;
  if (state.build !== document.body.dataset.build || state.closed === 'true' && t - began > 24 * HOUR) location.reload();
}

function wallTick() {
  write(face, faceOf.format(now()));
  const age = Date.now() - heard;
  old.hidden = age <= 15e3;
  if (!old.hidden) write(old, old.dataset.word + ' ' + (age < 120e3 ? Math.round(age / 1000) + ' s' : age < 2 * HOUR ? Math.round(age / 60e3) + ' min' : Math.round(age / HOUR) + ' h') + ' ago');
  renew();
}
setInterval(wallTick, 1000);
wallTick();

// A screen that may be kept on is kept on.
const wakeLock = () => { if (!document.hidden) navigator.wakeLock?.request('screen').catch(() => {}); };
document.addEventListener('visibilitychange', wakeLock);
wakeLock();
