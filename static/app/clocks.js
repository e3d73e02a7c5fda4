// Time. The server's clock counts. What is heard of it was said a while before, never
// later: the page, and each frame, tell by how much it is ahead at least. How a stream
// begins tells how much at most, too: it was said after it was asked for.
let skew = (Number($('meta[name=server-time]')?.content) || Date.now()) - Date.now();
let set = Date.now() - performance.now();
const now = () => Date.now() + skew;
// jumped: this machine's clock was set, or it slept, since the server last told the time.
const jumped = () => Math.abs(Date.now() - performance.now() - set) > 1000;
// correct sets the clock. After a jump only a stream that began since can: frames may have
// waited meanwhile, and would make what is old look new.
function correct(least, most) {
  const lost = jumped();
  if (lost && most === undefined) return;
  skew = lost ? least : Math.min(Math.max(skew, least), most ?? Infinity);
  set = Date.now() - performance.now();
}
const format = options => new Intl.DateTimeFormat('en-GB', options);
// A format keeps the zone that it was made in. A laptop that travels has another one.
let hourMinute, toTheSecond, weekday, dayMonth, fullDate, zoned;
function locate() {
  const offset = new Date().getTimezoneOffset();
  if (offset === zoned) return;
  zoned = offset;
  hourMinute = format({hour: '2-digit', minute: '2-digit'});
  toTheSecond = format({hour: '2-digit', minute: '2-digit', second: '2-digit'});
  weekday = format({weekday: 'short', hour: '2-digit', minute: '2-digit'});
  dayMonth = format({day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'});
  fullDate = format({day: 'numeric', month: 'short', year: 'numeric'});
}
const zones = new Map();
const HOUR = 3600e3;

function write(el, text) { if (el.textContent !== text) el.textContent = text; }
function mark(el, name, on) {
  if (!el) return;
  if (on === false || on == null) delete el.dataset[name]; else if (el.dataset[name] !== String(on)) el.dataset[name] = on;
}

function countdown(left) {
  const s = Math.abs(left < 0 ? Math.floor(left / 1000) : Math.ceil(left / 1000)), sign = left < 0 ? '−' : '';
  const two = n => String(n).padStart(2, '0');
  if (s < 3600) return sign + two(Math.floor(s / 60)) + ':' + two(s % 60);
  if (s < 48 * 3600) return sign + Math.floor(s / 3600) + ':' + two(Math.floor(s / 60) % 60) + ' h';
  return sign + Math.floor(s / 86400) + ' d';
}

// within finds what is in these elements, or is one of them.
const within = (roots, sel) => roots.flatMap(el => el.matches?.(sel) ? [el, ...$$(sel, el)] : $$(sel, el));

function tick(roots = [document]) {
  locate();
  const t = now();
  for (const clock of within(roots, 'time[data-due]')) {
    const due = Date.parse(clock.dataset.due), left = due - t, target = Number(clock.dataset.target) * 1000;
    const far = left > 8 * HOUR;
    write(clock, far ? weekday.format(due) : countdown(left));
    mark(clock, 'uiFar', far ? '' : null);
    if (left <= 0) mark(clock, 'state', 'breached');
    const fill = target && $('.bar .fill', clock.parentElement);
    if (fill) {
      const used = (Math.max(0, Math.min(1, 1 - left / target)) * 100).toFixed(1) + '%';
      if (fill.getAttribute('width') !== used) fill.setAttribute('width', used);
    }
  }
}

// dress writes what differs by viewer and by moment into fresh HTML: all of it, or
// what a frame has brought.
function dress(roots = [document]) {
  tick(roots);
  const t = now(), today = new Date(t).toDateString();
  for (const el of within(roots, 'time[data-local]')) {
    const at = new Date(el.dateTime);
    const days = Math.abs(t - at) / (24 * HOUR);
    const how = at.toDateString() === today ? 'exact' in el.dataset ? toTheSecond : hourMinute : days < 6 ? weekday : days < 300 ? dayMonth : fullDate;
    write(el, how.format(at));
  }
  for (const el of within(roots, '[data-zone]')) {
    const zone = el.dataset.zone;
    if (!zones.has(zone)) {
      try { zones.set(zone, format({hour: '2-digit', minute: '2-digit', timeZone: zone})); } catch { zones.set(zone, null); }
    }
    if (zones.get(zone)) write(el, zones.get(zone).format(t) + ' ' + (words.there ?? ''));
  }
  const mine = board && me ? $$(`[data-lead][data-owner="${CSS.escape(me)}"]`, board).length : 0;
  for (const el of $$('[data-mine-count]')) write(el, String(mine));
  if (within(roots, '#undo').length) armUndo();
}
