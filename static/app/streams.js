// Streams of events, one for all tabs of a browser that watch the same. No page is
// in here: a shared worker runs it, or the page alone where there is none. Why it
// is so, and what it promises: docs/live.md.
const SILENT = 32e3; // two heartbeats of the server, and a little
const STUCK = 10e3;  // to connect
const QUIET = 12e3;  // the server says every few seconds that a page is true
const TURN = 20e3;   // of a page that others wait behind
const REFUSED = 30e3; // by a server that says no more: rights don't come back in seconds
const GONE = 150e3;  // browsers wake hidden tabs once a minute
const WIDE = 20;     // streams over HTTP/2: a server lets a person have 24, in all their browsers

// patience is for how many milliseconds a server asks not to be asked: for so many
// seconds, or until a moment (RFC 9110, 10.2.3), which is one of its own clock.
function patience(after, date) {
  const moment = text => Date.parse(/GMT$/.test(text) ? text : text + ' GMT');
  const ms = /^\d+$/.test(after) ? after * 1e3 : after ? moment(after) - (moment(date) || Date.now()) : 0;
  return Math.max(0, ms) || 0;
}

// exchange returns the ear for what tabs say: {url, me, shown, eager, wide} and, beside it, wake or bye.
// post speaks to the tab: {frame, first, at}, first with {least, most}: by how much the server's clock is ahead; or
// {state, page, status}. At most so many streams run over HTTP/1.1.
function exchange(most, worker) {
  const streams = new Map(); // by what is watched, and by whom
  let ticked = Date.now(), timer = 0;
  const each = fn => [...streams.values()].filter(fn);
  const any = (s, what) => [...s.tabs.values()].some(tab => tab[what]);
  const rank = s => any(s, 'shown') ? 2 : any(s, 'eager') ? 1 : 0;
  const tell = (s, m) => { for (const post of s.tabs.keys()) post(m); };
  const say = (s, m) => tell(s, s.said = {...s.said, status: 0, ...m});

  function hear(post, m) {
    const key = m.url + ' ' + m.me;
    for (const s of each(s => m.bye || s.key !== key)) s.tabs.delete(post);
    if (!m.bye) {
      const s = streams.get(key) ?? {key, url: m.url, tabs: new Map(), asked: Date.now(), retry: 2e3, said: {state: 'reconnecting'}};
      streams.set(key, s);
      const joins = !s.tabs.has(post);
      s.tabs.set(post, {...m, seen: Date.now()});
      post(s.said);
      if (joins && s.framed) s.cut('joined'); // who comes late needs a snapshot, in the order of what follows
      if (m.wake) wake(s);
    }
    deal();
    timer ||= setInterval(tick, 1000);
  }

  // deal gives the connections to those who need them: tabs that are seen before those
  // that wait for news, those before the rest; of equals, who has waited the longest.
  function deal() {
    const t = Date.now();
    for (const s of each(() => true)) {
      for (const [post, tab] of s.tabs) if (t - tab.seen > GONE) s.tabs.delete(post);
      if (!s.tabs.size) { stop(s); streams.delete(s.key); }
      else if (!worker && !rank(s)) stop(s);
    }
    const limit = each(s => any(s, 'wide')).length ? WIDE : most;
    for (const s of each(s => s.run).sort((a, b) => rank(b) - rank(a) || b.began - a.began).slice(limit)) stop(s);
    for (const s of each(s => !s.run && (worker || rank(s))).sort((a, b) => rank(b) - rank(a) || a.asked - b.asked)) {
      const on = each(s => s.run).sort((a, b) => rank(a) - rank(b) || a.began - b.began), [last] = on;
      if (on.length >= limit) {
        if (rank(last) > rank(s) || rank(last) === rank(s) && (!rank(s) || t - last.began < TURN)) break;
        stop(last);
      }
      s.began = t;
      follow(s, s.run = {});
    }
  }

  function stop(s) {
    if (!s.run) return;
    s.run = null;
    s.asked = Date.now();
    s.cut?.('rests');
    s.skip?.();
    say(s, {state: 'resting'});
  }

  // tick also finds out that the machine slept, or its clock was set.
  function tick() {
    const t = Date.now(), slept = Math.abs(t - ticked) > QUIET;
    ticked = t;
    for (const s of each(s => s.run)) {
      if (slept) wake(s);
      else if (s.cut && t - s.heard > (s.open ? SILENT : STUCK)) s.cut('silent');
    }
    deal();
    if (!streams.size) timer = clearInterval(timer);
  }

  // wake asks anew what has gone silent, and ends a wait that nobody asked for.
  function wake(s) {
    if (s.cut && Math.abs(Date.now() - s.heard) > QUIET) s.cut('silent');
    if (!(s.until > Date.now())) s.skip?.();
  }

  async function follow(s, run) {
    for (let failed = 0; s.run === run;) {
      const end = await read(s);
      if (s.run !== run) return;
      if (end.why === 'joined') continue;
      say(s, {state: 'reconnecting', status: end.status});
      failed = end.framed ? 0 : failed + 1;
      const spread = 0.5 + Math.random();
      const ms = end.framed ? end.why === 'silent' ? 0 : s.retry : spread * Math.min(500 * 2 ** failed, 8e3);
      s.until = end.after && Date.now() + Math.min(end.after, 300e3) + spread * 500;
      await new Promise(done => {
        const timer = setTimeout(done, Math.max(ms, s.until - Date.now() || 0));
        s.skip = () => { clearTimeout(timer); done(); };
      });
      s.skip = null;
    }
  }

  // read is one connection, from asking for it to its end.
  async function read(s) {
    const end = {framed: false, status: 0, after: 0, why: ''}, abort = new AbortController();
    s.heard = Date.now();
    s.open = s.framed = false;
    const cut = s.cut = why => { end.why = why; abort.abort(); }, asked = Date.now();
    try {
      const answer = await fetch(s.url, {headers: {Accept: 'text/event-stream'}, cache: 'no-store', credentials: 'same-origin', signal: abort.signal});
      end.status = answer.status;
      if (!answer.ok || !answer.headers.get('Content-Type')?.startsWith('text/event-stream')) {
        end.after = patience(answer.headers.get('Retry-After'), answer.headers.get('Date')) || (answer.status === 403 ? REFUSED : 0);
        return end;
      }
      s.open = true;
      const time = Number(answer.headers.get('Hotleads-Time')), clock = time ? {least: time - Date.now(), most: time - asked} : {};
      const chunks = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = '', data = null;;) {
        const {done, value} = await chunks.read();
        if (done || s.cut !== cut) return end;
        s.heard = Date.now();
        const lines = (rest + value).split('\n');
        rest = lines.pop();
        for (const line of lines) {
          const colon = line.indexOf(':'), name = line.slice(0, colon), value = line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
          if (name === 'data') data = (data === null ? '' : data + '\n') + value;
          else if (name === 'retry') s.retry = Number(value) || s.retry;
          else if (!line && data !== null) {
            const first = !s.framed;
            if (first) say(s, {state: 'live', page: answer.headers.get('Hotleads-Page')});
            end.framed = s.framed = true;
            tell(s, {frame: data, first, at: s.heard, ...first && clock}); // what it shows may be of long ago
            data = null;
          }
        }
      }
    } catch { // cut, or the network
      return end;
    } finally {
      abort.abort();
      if (s.cut === cut) s.cut = s.framed = null;
    }
  }

  // share changes how many streams may run over HTTP/1.1; busy tells whether anybody watches.
  hear.share = n => { if (most !== n) { most = n; deal(); } };
  hear.busy = () => streams.size > 0;
  return hear;
}
