// What runs once for all tabs of a browser. Four streams leave two of the six
// connections that browsers have to a host over HTTP/1.1 to clicks and pages.
const hear = exchange(4, true);
addEventListener('connect', e => {
  const [port] = e.ports, post = m => port.postMessage(m);
  port.onmessage = m => hear(post, m.data);
  port.addEventListener('close', () => hear(post, {bye: true}));
});
