// The connection. "live" is only ever said on evidence: what is shown was true
// 15 seconds ago at most.
const OLD = 15e3, build = document.body.dataset.build;
const hello = {url: stream?.dataset.live, me: me ?? '', wide: /^h[23]/.test(performance.getEntriesByType('navigation')[0]?.nextHopProtocol)};
let said = {state: 'reconnecting'}, asOf = now(), lost = Date.now(), frames = Promise.resolve(), say = null, spoke = false;
const age = () => Math.max(0, now() - asOf);

function ago(ms) {
  const s = Math.round(ms / 1e3);
  return (s < 100 ? s + ' s' : s < 6000 ? Math.round(s / 60) + ' min' : Math.round(s / 3600) + ' h') + ' ' + $('.age', connection).dataset.agoWord;
}

// show says how things stand, once a second and when they change.
function show() {
  if (!connection) return;
  const t = Date.now(), live = said.state === 'live' && age() < OLD, w = $('.word', connection);
  if (live) lost = 0; else lost ||= t;
  const state = live ? 'live' : !navigator.onLine || t - lost > 30e3 && said.state !== 'resting' ? 'offline' : 'reconnecting';
  mark(connection, 'state', state);
  write(w, w.dataset[(said.state === 'resting' && state !== 'offline' ? 'resting' : state) + 'Word']);
  const old = $('.age', connection);
  write(old, live || age() < 3e3 ? '' : '· ' + old.dataset.asofWord + ' ' + ago(age()));
  mark(document.body, 'uiStale', lost && t - lost > 3e3 ? '' : null);
}

async function take(text) {
  try { await htmx.swap({text, sourceElement: stream, target: stream, swap: 'none'}); } catch (e) { console.error(e); }
  const at = Number($('#as-of')?.textContent);
  if (at && at !== asOf) correct(asOf = at);
  show();
  refreshPeek();
}

// heard is what the shared reader says.
function heard(m) {
  spoke = true;
  if ('frame' in m) { frames = frames.then(() => take(m.frame)); return; }
  said = m;
  if (m.status === 401) signIn();
  if (m.status === 403 || m.status === 404) taken(m.status);
  if (m.state === 'live' && m.page) {
    const [of, whose = ''] = m.page.split(' ');
    if (whose !== hello.me) location.reload(); // somebody else has signed in meanwhile
    else if (of !== build) renew(of);
  }
  show();
}

// taken: what was shown may be seen no longer, if the server itself says so of the page, too.
async function taken(status) {
  try {
    const answer = await fetch(location.href, {cache: 'no-store', signal: AbortSignal.timeout(10e3)});
    if (answer.status === status && (await answer.text()).includes('data-build="')) location.reload();
  } catch { /* the stream is asked for again, and so is this */ }
}

// renew loads the page anew, once, for a server of another version: when nothing
// is under way here, and not in the same moment as all others.
let renewal = 0;
function renew(of) {
  const note = $('#renewal');
  if (renewal) return;
  if (remembered('build', 'sessionStorage') === of) { if (note) note.hidden = false; return; }
  const at = Date.now() + Math.random() * 20e3;
  renewal = setInterval(() => {
    if (note) note.hidden = idle();
    if (!idle() || Date.now() < at || !connection.matches('[data-state=live]')) return;
    remember('build', of, 'sessionStorage');
    location.reload();
  }, 1000);
}

if (stream) {
  const local = () => { const ear = exchange(1, false); say = m => ear(heard, m); };
  try {
    const {port} = new SharedWorker(document.body.dataset.worker, {name: 'hotleads'});
    port.onmessage = m => heard(m.data);
    say = m => port.postMessage(m);
    // A worker that doesn't answer, which takes it milliseconds, is none.
    setTimeout(() => {
      if (spoke) return;
      say({bye: true});
      port.close();
      local();
      watch();
    }, 5e3);
  } catch { local(); }
  let beat = 0, left = false; // a page that goes is told of things still
  const watch = more => {
    if (left) return;
    beat = Date.now();
    say({...hello, shown: !document.hidden, eager: eager(), ...more});
  };
  const wake = () => watch({wake: true});
  const leave = () => { left = true; say({bye: true}); };
  const back = () => { left = false; wake(); };
  watch();
  setInterval(() => { if (Date.now() - beat > 20e3) watch(); show(); }, 1000);
  addEventListener('online', wake);
  // A browser that keeps the page for "back" may freeze the reader with it, and its
  // connection: it is told before. Not every link leads away, though.
  addEventListener('beforeunload', () => { leave(); setTimeout(back, 3e3); });
  addEventListener('pagehide', leave);
  addEventListener('pageshow', back);
  document.addEventListener('freeze', leave);
  document.addEventListener('resume', back);
  document.addEventListener('alerts', () => watch());
  addEventListener('offline', show);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) tick(); wake(); });
  $('#renewal button')?.addEventListener('click', () => location.reload());
}
