// The connection. "live" is only ever said on evidence: what is shown was true
// 15 seconds ago at most.
const OLD = 15e3, build = document.body.dataset.build;
const hello = {url: stream?.dataset.live, me: me ?? '', wide: /^h[23]/.test(performance.getEntriesByType('navigation')[0]?.nextHopProtocol)};
const here = () => ({...hello, shown: !document.hidden, eager: eager()});
let said = {state: 'reconnecting'}, asOf = now(), lost = Date.now(), frames = Promise.resolve(), say = null, unheard = 0;
// age is that of what is shown; Infinity: some of it could never be shown.
const age = () => asOf ? Math.max(0, now() - asOf) : Infinity;

function ago(ms) {
  const s = Math.round(ms / 1e3);
  return (s < 100 ? s + ' s' : s < 6000 ? Math.round(s / 60) + ' min' : Math.round(s / 3600) + ' h') + ' ' + $('.age', connection).dataset.agoWord;
}

// show says how things stand, once a second and when they change.
function show() {
  if (!connection) return;
  const t = Date.now(), live = said.state === 'live' && !jumped() && age() < OLD, w = $('.word', connection);
  if (live) lost = 0; else lost ||= t;
  const state = live ? 'live' : !navigator.onLine || t - lost > 30e3 && said.state !== 'resting' ? 'offline' : 'reconnecting';
  mark(connection, 'state', state);
  const refused = navigator.onLine && {403: 'refused', 429: 'many'}[said.status];
  const missing = said.state === 'live' && !asOf && navigator.onLine && 'missing';
  const word = refused || missing || (said.state === 'resting' && state !== 'offline' ? 'resting' : state);
  write(w, w.dataset[word + 'Word']);
  const old = $('.age', connection);
  write(old, live || age() < 3e3 || !asOf ? '' : '· ' + old.dataset.asofWord + ' ' + ago(age()));
  mark(document.body, 'uiStale', lost && t - lost > 3e3 ? '' : null);
}

async function take(m) {
  if (late(m)) return;
  try { await htmx.swap({text: m.frame, sourceElement: stream, target: stream, swap: 'none'}); } catch (e) { console.error(e); }
  const told = $('#as-of')?.textContent, at = Number(told);
  if (told && at !== asOf) {
    asOf = at;
    if (at) correct(at - Date.now());
  }
  show();
  refreshPeek();
}

// anew asks for a snapshot. Not at once again for the same cause: every page of the stream gets one.
const AGAIN = 12e3;
let anewAt = 0, anewFor = null;
function anew(cause) {
  if (cause === anewFor && performance.now() - anewAt < AGAIN) return false;
  anewAt = performance.now();
  anewFor = cause;
  say({bye: true});
  say(here());
  return true;
}

// A page that can't keep up would show what was, later and later: what waited too long
// is not shown any more, and a snapshot asked for.
const LATE = 3e3;
let skipping = false;
function late(m) {
  if (m.first) skipping = false;
  else if (!skipping && Date.now() - m.at > LATE) skipping = anew('late');
  return skipping;
}

// heard is what the shared reader says.
function heard(m) {
  unheard = 0;
  if ('frame' in m) {
    if ('most' in m && Math.abs(Date.now() - m.at) < LATE) correct(m.least, m.most);
    frames = frames.then(() => take(m));
    return;
  }
  said = m;
  if (m.status === 401) signIn();
  if (m.status === 403 || m.status === 404) served(m.status); // it may be seen no longer
  if (m.state === 'live' && m.page) {
    const [of, whose = ''] = m.page.split(' ');
    if (whose !== hello.me) location.reload(); // somebody else has signed in meanwhile
    else if (of !== build) renew(of);
  }
  show();
}

// served loads the page anew if the server itself, and not a proxy before it, gives it that status.
async function served(status) {
  try {
    const answer = await fetch(location.href, {cache: 'no-store', signal: AbortSignal.timeout(10e3)});
    if (answer.status === status && (await answer.text()).includes('data-build="')) location.reload();
  } catch { /* who asks, asks again */ }
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

// Who reads for this page: the worker that all tabs share, or the page alone.
const BEAT = 10e3;   // it is told that the page is still there
const MUTE = 6;      // seconds without an answer, which takes a worker milliseconds
const PROMPT = 2e3;  // the same, of one that did answer, for a page that is seen again
const SLOW = 30;     // seconds that a worker may take that is known to live
const SPELL = 600e3; // three readers that die within it are enough
const LATER = 60;    // seconds until a page that reads alone looks whether there is one again
if (stream) {
  let port = null, alone = false, answered = false, deaths = 0, died = 0, seconds = 0;
  const read = () => {
    const ear = exchange(1, false);
    alone = true;
    port = null;
    say = m => ear(heard, m);
  };
  const share = () => {
    try {
      const worker = new SharedWorker(document.body.dataset.worker, {name: 'hotleads'}), mine = worker.port;
      const dead = () => { if (port === mine) replace(); };
      const use = () => { alone = answered = false; port = mine; say = m => mine.postMessage(m); };
      worker.onerror = dead;
      mine.addEventListener('close', dead);
      mine.onmessage = m => {
        if (alone) { // late, but now it need not read for itself
          say({bye: true});
          use();
          watch();
        }
        if (port !== mine) return;
        answered = true;
        heard(m.data);
      };
      if (alone) mine.postMessage(here()); else use();
    } catch { if (!alone) read(); }
  };
  let beat = 0, left = false; // a page that goes is told of things still
  const watch = more => {
    if (left) return;
    beat = Date.now();
    unheard ||= 1;
    say({...here(), ...more});
  };
  // A worker that never answered is none; one that did may have died since, and the next one lives.
  // Seconds are counted, not measured: the page may have slept, too.
  const listen = () => {
    if (alone && ++seconds % LATER === 0) share();
    if (unheard && !left && unheard++ >= MUTE) doubt();
  };
  // doubt: it does not answer. A lock, where there are any, tells who is slow from who is dead.
  const doubt = async () => {
    const mute = port, lives = unheard < SLOW && await held();
    if (unheard && port === mute && !lives) replace();
  };
  const held = async () => {
    try {
      const reader = 'hotleads.reader ' + new URL(document.body.dataset.worker, location);
      return (await navigator.locks.query()).held.some(lock => lock.name === reader);
    } catch { return false; } // over plain http
  };
  const replace = () => {
    unheard = 0;
    if (!port || left) return;
    said = {state: 'reconnecting'};
    deaths = Date.now() - died < SPELL ? deaths + 1 : 1;
    died = Date.now();
    if (answered && deaths < 3) {
      say({bye: true});
      port.close();
      share();
    } else read();
    watch();
    show();
  };
  const wake = () => watch({wake: true});
  // Where nobody looks seconds are minutes, and a reader that died meanwhile is not missed:
  // the page asks when it is seen again.
  const seen = () => {
    if (!answered || left) return;
    const mute = port;
    unheard = 1;
    const ask = () => setTimeout(() => {
      if (!unheard || port !== mute) return;
      doubt();
      ask(); // locks outlive who held them by a moment
    }, PROMPT);
    ask();
  };
  const leave = () => { left = true; say({bye: true}); };
  const back = () => { left = false; wake(); seen(); };
  share();
  watch();
  setInterval(() => {
    if (Math.abs(Date.now() - beat) > BEAT) watch();
    listen();
    if (jumped() && said.state === 'live' && !left) anew(set); // a beginning tells the time
    show();
  }, 1000);
  addEventListener('online', wake);
  // A browser that keeps the page for "back" may freeze the reader with it, and its
  // connection: it is told before. Not every link leads away, though.
  addEventListener('beforeunload', () => { leave(); setTimeout(back, 3e3); });
  addEventListener('pagehide', leave);
  addEventListener('pageshow', e => { if (e.persisted || left) back(); });
  document.addEventListener('freeze', leave);
  document.addEventListener('resume', back);
  document.addEventListener('alerts', () => watch());
  addEventListener('offline', show);
  document.addEventListener('visibilitychange', () => {
    wake();
    show();
    if (document.hidden) return;
    tick();
    seen();
  });
  $('#renewal button')?.addEventListener('click', () => location.reload());
}
