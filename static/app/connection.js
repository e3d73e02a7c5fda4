// The connection. "live" is only ever said on evidence: what is shown was true
// 15 seconds ago at most.
const OLD = 15e3, build = document.body.dataset.build;
const hello = {url: stream?.dataset.live, me: me ?? '', wide: /^h[23]/.test(performance.getEntriesByType('navigation')[0]?.nextHopProtocol)};
let said = {state: 'reconnecting'}, asOf = now(), lost = Date.now(), frames = Promise.resolve(), say = null, unheard = 0;
const age = () => Math.max(0, now() - asOf);

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
  const word = refused || (said.state === 'resting' && state !== 'offline' ? 'resting' : state);
  write(w, w.dataset[word + 'Word']);
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

// A page that can't keep up would show what was, later and later: what waited too long
// is not shown any more, and a snapshot asked for. Not at once again: every page of the
// stream gets one.
const LATE = 3e3, AGAIN = 12e3;
let skipping = false, skipped = 0;
function late(m) {
  const t = Date.now();
  if (m.first) skipping = false;
  else if (!skipping && t - m.at > LATE && t - skipped > AGAIN) {
    skipping = true;
    skipped = t;
    say({bye: true});
    say({...hello, shown: !document.hidden, eager: eager()});
  }
  return skipping;
}

// heard is what the shared reader says.
function heard(m) {
  unheard = 0;
  if (m.time) correct(m.time);
  if ('frame' in m && late(m)) return;
  if ('frame' in m) { frames = frames.then(() => take(m.frame)); return; }
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
const SPELL = 600e3; // three readers that die within it are enough
if (stream) {
  let port = null, answered = false, deaths = 0, died = 0;
  const alone = () => { const ear = exchange(1, false); port = null; say = m => ear(heard, m); };
  const share = () => {
    try {
      const worker = new SharedWorker(document.body.dataset.worker, {name: 'hotleads'});
      const mine = port = worker.port, dead = () => { if (port === mine) replace(); };
      answered = false;
      worker.onerror = dead;
      mine.addEventListener('close', dead);
      mine.onmessage = m => { answered = true; heard(m.data); };
      say = m => mine.postMessage(m);
    } catch { alone(); }
  };
  let beat = 0, left = false; // a page that goes is told of things still
  const watch = more => {
    if (left) return;
    beat = Date.now();
    unheard ||= 1;
    say({...hello, shown: !document.hidden, eager: eager(), ...more});
  };
  // A worker that never answered is none; one that did may have died since, and the next one lives.
  // Seconds are counted, not measured: the page may have slept, too.
  const listen = () => { if (unheard && !left && unheard++ >= MUTE) replace(); };
  const replace = () => {
    unheard = 0;
    if (!port || left) return;
    say({bye: true});
    port.close();
    said = {state: 'reconnecting'};
    deaths = Date.now() - died < SPELL ? deaths + 1 : 1;
    died = Date.now();
    if (answered && deaths < 3) share(); else alone();
    watch();
    show();
  };
  const wake = () => watch({wake: true});
  // Where nobody looks seconds are minutes, and a reader that died meanwhile is not missed:
  // the page asks when it is seen again.
  const seen = () => {
    if (!answered || left) return;
    const asked = port;
    unheard = 1;
    setTimeout(() => { if (unheard && port === asked) replace(); }, PROMPT);
  };
  const leave = () => { left = true; say({bye: true}); };
  const back = () => { left = false; wake(); seen(); };
  share();
  watch();
  setInterval(() => { if (Date.now() - beat > BEAT) watch(); listen(); show(); }, 1000);
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
