// What runs once for all tabs of a browser. Four streams leave two of the six
// connections that browsers have to a host over HTTP/1.1 to clicks and pages.
const STREAMS = 4, hear = exchange(STREAMS, true);

// Tabs that get no answer ask whether the lock is held still: a worker that is slow lives.
navigator.locks?.request('hotleads.reader ' + location, () => new Promise(() => {}));

// Tabs of two versions have a worker each, until those of the old one have loaded
// themselves anew: workers that are at work share the four.
const AGAIN = 10e3, SILENCE = 30e3;
const hall = new BroadcastChannel('hotleads.readers'), others = new Map(); // when each was last heard of
let busy = false;
const speak = () => hall.postMessage({from: location.href, busy});
function divide() {
  for (const [who, at] of others) if (Date.now() - at > SILENCE) others.delete(who);
  hear.share(Math.max(1, Math.floor(STREAMS / (1 + others.size))));
}
function changed() {
  if (busy === hear.busy()) return;
  busy = !busy;
  speak();
}
hall.onmessage = ({data}) => {
  const unknown = data.busy && !others.has(data.from);
  if (data.busy) others.set(data.from, Date.now()); else others.delete(data.from);
  if (unknown && busy) speak();
  divide();
};
setInterval(() => { changed(); if (busy) speak(); divide(); }, AGAIN);

addEventListener('connect', e => {
  const [port] = e.ports, post = m => port.postMessage(m);
  const take = m => { hear(post, m); changed(); };
  port.onmessage = m => take(m.data);
  port.addEventListener('close', () => take({bye: true}));
});
