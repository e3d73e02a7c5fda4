// The connection. "live" is only ever said on evidence: something came within 35 seconds.
// The page itself was news when it came.
let heard = Date.now(), lost = Date.now(), kicked = 0;

function connectionIs(state) {
  if (!connection) return;
  const word = $('.word', connection), w = word.dataset;
  if (state === 'live') lost = 0; else lost ||= Date.now();
  mark(connection, 'state', state);
  const since = state !== 'live' && Date.now() - heard > 3e3 ? ' · ' + w.asofWord + ' ' + hourMinute.format(heard + skew) : '';
  write(word, (state === 'live' ? w.liveWord : state === 'offline' ? w.offlineWord : w.reconnectingWord) + since);
}

// kick makes the stream ask again now: it ends a pause between tries, or a
// connection that has gone silent. A stream that doesn't exist asks every 3 s by itself.
function kick(hard) {
  const c = stream?._htmx?.sse;
  kicked = Date.now();
  if (!c) return;
  if (hard) c.abortController?.abort();
  c.delayCanceller?.();
  c.reader?.cancel().catch(() => {});
}

function watch() {
  const t = Date.now(), silent = t - heard;
  if (!lost && silent > 35e3) { connectionIs('reconnecting'); kick(); }
  if (lost) {
    const gone = t - lost;
    connectionIs(!navigator.onLine || gone > 30e3 ? 'offline' : 'reconnecting');
    if (t - kicked > 15e3 && gone > 5e3) kick(gone > 60e3);
  }
  mark(document.body, 'uiStale', lost && t - lost > 3e3 ? '' : null);
}

if (stream) {
  const on = (name, fn) => document.addEventListener('htmx:' + name, fn);
  const refused = status => { if (status === 401) signIn(); };
  on('sse:after:message', () => { heard = Date.now(); connectionIs('live'); correct(); refreshPeek(); });
  on('sse:before:connection', e => { if (e.detail.connection.attempt) connectionIs('reconnecting'); });
  on('sse:error', e => { connectionIs('reconnecting'); refused(e.detail.status); });
  on('sse:close', () => connectionIs('reconnecting'));
  on('response:error', e => { if (e.detail.ctx.sourceElement === stream) refused(e.detail.ctx.response.status); });
  const wake = () => { if (Date.now() - heard > 20e3) kick(); };
  addEventListener('online', wake);
  addEventListener('pageshow', wake);
  // A page that the browser keeps for "back" would keep its connection, too; it has six.
  addEventListener('pagehide', () => kick(true));
  addEventListener('offline', () => connectionIs('offline'));
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { tick(); wake(); } });
}
