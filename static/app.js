// What HTML can't do: ticking clocks, the order of the rows, the keyboard, the
// state of the connection, and clicks that survive a bad network. Everything
// works without this file; nothing here decides what is allowed.
(() => {
'use strict';
const $ = (sel, from = document) => from.querySelector(sel);
const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];
const board = $('#board'), stream = $('[data-live]'), connection = $('#connection');
const words = $('#words')?.dataset ?? {}, me = document.body.dataset.me;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const rowOf = id => document.getElementById('lead-' + id);
const visible = el => el.checkVisibility?.() ?? el.offsetParent !== null;

// Time. The server's clock counts: the page brings it, each heartbeat corrects it.
let skew = (Number($('meta[name=server-time]')?.content) || Date.now()) - Date.now();
const now = () => Date.now() + skew;
const format = options => new Intl.DateTimeFormat('en-GB', options);
const hourMinute = format({hour: '2-digit', minute: '2-digit'});
const weekday = format({weekday: 'short', hour: '2-digit', minute: '2-digit'});
const dayMonth = format({day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'});
const fullDate = format({day: 'numeric', month: 'short', year: 'numeric'});
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

function tick() {
  const t = now();
  for (const clock of $$('time[data-due]')) {
    const due = Date.parse(clock.dataset.due), left = due - t, target = Number(clock.dataset.target) * 1000;
    const far = left > 8 * HOUR;
    write(clock, far ? weekday.format(due) : countdown(left));
    mark(clock, 'uiFar', far ? '' : null);
    if (left <= 0) mark(clock, 'state', 'breached');
    else if (target && left <= target / 4 && clock.dataset.state === 'ontime') mark(clock, 'state', 'risk');
    const fill = $('.bar .fill', clock.parentElement);
    if (fill && target) {
      const used = Math.max(0, Math.min(1, 1 - left / target));
      fill.setAttribute('width', (used * 100).toFixed(1) + '%');
    }
  }
}

// dress writes what differs by viewer and by moment into fresh HTML.
function dress() {
  tick();
  const t = now(), today = new Date(t).toDateString();
  for (const el of $$('time[data-local]')) {
    const at = new Date(el.dateTime);
    const old = t - at > 300 * 24 * HOUR;
    write(el, at.toDateString() === today ? hourMinute.format(at) : (old ? fullDate : dayMonth).format(at));
  }
  for (const el of $$('[data-zone]')) {
    const zone = el.dataset.zone;
    if (!zones.has(zone)) {
      try { zones.set(zone, format({hour: '2-digit', minute: '2-digit', timeZone: zone})); } catch { zones.set(zone, null); }
    }
    if (zones.get(zone)) write(el, zones.get(zone).format(t) + ' there');
  }
  const mine = board && me ? $$('[data-lead]', board).filter(r => r.dataset.owner === me).length : 0;
  for (const el of $$('[data-mine-count]')) write(el, String(mine));
  armUndo();
}

// The connection. "live" is only ever said on evidence: something came within 35 seconds.
let heard = 0, lost = Date.now(), kicked = 0;

function connectionIs(state) {
  if (!connection) return;
  const word = $('.word', connection), w = word.dataset;
  if (state === 'live') lost = 0; else lost ||= Date.now();
  mark(connection, 'state', state);
  const since = state !== 'live' && heard ? ' · ' + w.asofWord + ' ' + hourMinute.format(heard + skew) : '';
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
    if (!navigator.onLine || gone > 30e3) connectionIs('offline');
    if (t - kicked > 15e3 && gone > 5e3) kick(gone > 60e3);
  }
  mark(document.body, 'uiStale', lost && heard && t - lost > 3e3 ? '' : null);
}

if (stream) {
  const on = (name, fn) => document.addEventListener('htmx:' + name, fn);
  const refused = status => { if (status === 401) location.reload(); };
  stream.addEventListener('beat', e => {
    const sent = Number(e.detail.data);
    if (sent) skew = sent - Date.now();
  });
  on('sse:after:message', () => { heard = Date.now(); connectionIs('live'); refreshPeek(); });
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

// Frames. An answer may arrive after a newer frame, a frame may repeat what the
// snapshot had: the newer version of a row stays, and no row is there twice.
document.addEventListener('htmx:before:swap', e => {
  if (board && !document.hidden) tops ??= measure(); // once a painted frame: nothing has changed yet
  const tasks = e.detail.tasks;
  for (let i = tasks.length - 1; i >= 0; i--) {
    const task = tasks[i], lead = task.fragment?.querySelector?.('[data-lead]');
    if (task.target === board && task.swapSpec.style === 'beforeend' && lead && rowOf(lead.dataset.lead)) {
      task.target = rowOf(lead.dataset.lead);
      task.swapSpec.style = 'outerMorph';
    }
    const shown = lead && task.target !== board && rowOf(lead.dataset.lead);
    if (shown && Number(lead.dataset.version) < Number(shown.dataset.version)) tasks.splice(i, 1);
    else if (task.swapSpec?.style === 'delete' && task.target?.matches('.row')) leave(task.target);
  }
});
document.addEventListener('htmx:after:swap', soon);

// Order. Rows move to where #board-order says, but not while somebody is about
// to click: a pointer or the focus in a row puts it off, for 3 seconds at most.
const HOLD = 3000;
let tops = null, asked = false;
let over = null, owed = 0, owedTimer = 0, movedAt = 0, shiftedAt = 0, shiftedUnder = null;
const rows = () => $$('.row[data-lead]', board);
const measure = () => new Map($$('.row', board).map(r => [r, r.getBoundingClientRect().top]));
const holding = () => over?.isConnected || (board.contains(document.activeElement) && document.activeElement !== board);

// soon gathers what a burst of frames changed into one look, before the next paint.
function soon() {
  if (asked) return;
  asked = true;
  const look = () => { asked = false; dress(); settle(); };
  if (document.hidden) queueMicrotask(look); else requestAnimationFrame(look);
}

// keepers are the rows that may stay where they are while the others move
// around them: the longest run that is in order already.
function keepers(want, is) {
  const place = new Map(is.map((row, i) => [row, i]));
  const ends = [], before = new Map();
  for (const row of want) {
    let lo = 0, hi = ends.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (place.get(ends[mid]) < place.get(row)) lo = mid + 1; else hi = mid;
    }
    before.set(row, ends[lo - 1]);
    ends[lo] = row;
  }
  const keep = new Set();
  for (let row = ends.at(-1); row; row = before.get(row)) keep.add(row);
  return keep;
}

// leave lets a row fade in its place; the gap closes with the next move.
function leave(row) {
  if (!visible(row)) return;
  const ghost = row.cloneNode(true);
  for (const el of $$('form, .msg, .more', ghost)) el.remove();
  for (const name of ['id', 'tabindex', 'data-lead', 'data-owner', 'data-ui-open', 'data-ui-undo', 'data-ui-busy']) ghost.removeAttribute(name);
  ghost.dataset.peek = '';
  ghost.classList.add('ghost');
  ghost.inert = true;
  row.before(ghost);
  if (over === row) over = ghost;
  setTimeout(() => { ghost.dataset.done = ''; settle(); }, 200);
}

function settle() {
  if (!board) return;
  const is = rows(), listed = new Set($('#board-order').textContent.split(' ').map(rowOf).filter(Boolean));
  const want = [...listed, ...is.filter(row => !listed.has(row))];
  const gone = $$('.ghost[data-done]', board);
  const wrong = want.some((row, i) => row !== is[i]);
  if (!wrong && !gone.length) { owed = 0; tops = null; return; }
  const t = performance.now();
  if (holding()) {
    owed ||= t;
    if (t - owed < HOLD) {
      clearTimeout(owedTimer);
      owedTimer = setTimeout(settle, HOLD - (t - owed) + 20);
      tops = null;
      return;
    }
  }
  owed = 0;
  const before = tops ?? measure();
  tops = null;
  shiftedUnder = over?.dataset.lead ?? null;
  for (const ghost of gone) ghost.remove();
  const focused = document.activeElement;
  const keep = keepers(want, is);
  let last = null;
  for (const row of want) {
    const next = last ? last.nextElementSibling : board.firstElementChild;
    if (!keep.has(row) && row !== next) {
      if (board.moveBefore) board.moveBefore(row, next);
      else board.insertBefore(row, next);
    }
    last = row;
  }
  if (focused !== document.activeElement && board.contains(focused)) focused.focus({preventScroll: true});
  shiftedAt = performance.now();
  glide(before);
}

function glide(before) {
  if (calm.matches) return;
  for (const row of $$('.row', board)) {
    const top = row.getBoundingClientRect().top, old = before.get(row);
    if (top > innerHeight + 400 || top < -400 || !visible(row)) continue;
    if (old === undefined) row.animate([{opacity: 0, translate: '-16px 0'}, {opacity: 1, translate: '0 0'}], {duration: 240, easing: 'ease-out'});
    else if (Math.abs(old - top) > 1) row.animate([{translate: `0 ${old - top}px`}, {translate: '0 0'}], {duration: 240, easing: 'cubic-bezier(.2,.8,.2,1)'});
  }
}

if (board) {
  document.addEventListener('pointermove', e => { movedAt = performance.now(); over = e.target.closest?.('.row') ?? null; if (!over && owed) settle(); }, {passive: true});
  document.addEventListener('pointerdown', e => { over = e.target.closest?.('.row') ?? null; }, {passive: true});
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, e => {
    if (e.pointerType !== 'mouse') setTimeout(() => { over = null; if (owed) settle(); }, 600);
  });
  document.documentElement.addEventListener('pointerleave', () => { over = null; if (owed) settle(); });
  board.addEventListener('focusout', () => setTimeout(() => { if (owed && !holding()) settle(); }));
  // A click within half a second of a shift, without a move of the pointer, was
  // meant for the row that was there before: it does nothing.
  board.addEventListener('click', e => {
    const row = e.target.closest('.row');
    if (e.detail && row && shiftedAt > movedAt && performance.now() - shiftedAt < 500 && shiftedUnder !== row.dataset.lead) {
      e.preventDefault();
      e.stopImmediatePropagation();
    }
  }, true);
}

// Moves. A click is sent once; what comes back are partials of the page.
const busy = new Set();
const moveOf = form => /^\/leads\/([^/]+)\/([a-z]+)$/.exec(form.getAttribute('action') ?? '');

document.addEventListener('submit', e => {
  const form = e.target, found = form.method === 'post' && moveOf(form);
  if (!found) return;
  const [, id, move] = found, by = e.submitter;
  const asks = (move === 'return' || move === 'touch') && !by?.name;
  if (asks) {
    e.preventDefault();
    const row = form.closest('.row');
    if (row && !document.activeElement?.matches('.note')) drawer(row, move);
    else $('.choices button', form)?.focus();
  } else if (by?.hasAttribute('data-dated') && !$('[name=date]', form).value) {
    e.preventDefault();
    $('[name=date]', form).focus();
  } else {
    e.preventDefault();
    send(form, by, decodeURIComponent(id));
  }
});

async function send(form, by, id) {
  if (busy.has(id)) return;
  const body = new URLSearchParams(new FormData(form, by));
  if (!by?.hasAttribute('data-dated')) body.delete('date');
  const all = on => { for (const el of $$(`[data-lead="${CSS.escape(id)}"],[data-peek="${CSS.escape(id)}"]`)) mark(el, 'uiBusy', on); };
  busy.add(id);
  all('');
  tell(id, '');
  try {
    const answer = await fetch(form.getAttribute('action'), {
      method: 'POST', body, credentials: 'same-origin', signal: AbortSignal.timeout(10e3),
      headers: {'HX-Request': 'true', 'HX-Current-URL': location.href, Accept: 'text/html'},
    });
    const text = await answer.text();
    if (answer.status === 401) return location.assign('/login?next=' + encodeURIComponent(location.pathname + location.search));
    if (!text.includes('<hx-partial')) {
      if (answer.redirected) return location.assign(answer.url);
      return tell(id, words.server);
    }
    if (answer.ok) drawer(rowOf(id), null);
    await htmx.swap({text, sourceElement: document.body, target: document.body, swap: 'none'});
    const said = /hx-target="\[data-msg[^>]*>([^<]*)</.exec(text)?.[1];
    if (said) tell(id, new DOMParser().parseFromString(said, 'text/html').body.textContent);
    if (answer.ok) refreshPeek(true);
  } catch {
    tell(id, words.network);
  } finally {
    busy.delete(id);
    all(null);
  }
}

// tell speaks in the row that was clicked, or at the bottom if it has gone.
const timers = new Map();
function tell(id, text) {
  const slots = $$(`[data-msg="${CSS.escape(id)}"]`);
  for (const slot of slots) write(slot, text ?? '');
  clearTimeout(timers.get(id));
  if (!text) return;
  write($('#say'), text);
  if (!slots.some(s => visible(s)) && $('#undo')) {
    const p = document.createElement('p');
    p.className = 'undo toast';
    p.textContent = text;
    $('#undo').replaceChildren(p);
    setTimeout(() => p.remove(), 8e3);
  }
  timers.set(id, setTimeout(() => { for (const s of $$(`[data-msg="${CSS.escape(id)}"]`)) write(s, ''); }, 12e3));
}

function drawer(row, name) {
  if (!row) return;
  const open = row.dataset.uiOpen === name ? null : name;
  const box = open && $(`.m-${open} .drawer`, row);
  if (box && !box.firstElementChild) box.append($('#drawer-' + open).content.cloneNode(true));
  mark(row, 'uiOpen', open);
  for (const b of $$('[data-move=return],[data-move=touch]', row)) b.setAttribute('aria-expanded', String(b.dataset.move === open));
  if (open) $(`.m-${open} .choices button`, row)?.focus({preventScroll: true});
}

// Undo, for ten seconds.
let undoTimer = 0;
function armUndo() {
  const form = $('#undo form.undo');
  for (const row of $$('[data-ui-undo]')) if (row.dataset.lead !== form?.dataset.undoOf) mark(row, 'uiUndo', null);
  if (!form || form.dataset.uiArmed) return;
  const left = () => Number(form.dataset.until) - now();
  const step = () => {
    if (!form.isConnected || left() <= 0) {
      clearInterval(undoTimer);
      form.remove();
      armUndo();
      return;
    }
    write($('.secs', form), '· ' + Math.ceil(left() / 1000) + ' s');
    mark(rowOf(form.dataset.undoOf), 'uiUndo', '');
  };
  clearInterval(undoTimer);
  form.dataset.uiArmed = '';
  if (left() > 0) {
    const from = 100 - Math.min(100, left() / 100);
    $('.ring .fill', form).animate([{strokeDashoffset: from}, {strokeDashoffset: 100}], {duration: left(), fill: 'forwards'});
  }
  undoTimer = setInterval(step, 200);
  step();
}

// The whole story of a lead, beside the board.
const peek = $('#peek');
let peeked = null;
async function openPeek(id) {
  const url = '/leads/' + encodeURIComponent(id);
  let profile = null;
  try {
    const answer = await fetch(url, {credentials: 'same-origin', headers: {Accept: 'text/html'}, signal: AbortSignal.timeout(10e3)});
    profile = $('#profile', new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { return tell(id, words.network); }
  if (!profile) return location.assign(url);
  for (const el of [profile, ...$$('[id]', profile)]) el.removeAttribute('id');
  const lead = $('[data-lead]', profile);
  lead.dataset.peek = lead.dataset.lead;
  delete lead.dataset.lead;
  peeked = {id, version: rowOf(id)?.dataset.version};
  $('#peek-page').href = url;
  $('#peek-body').replaceChildren(document.importNode(profile, true));
  dress();
  if (!peek.open) peek.showModal();
}
let peekTimer = 0;
function refreshPeek(moved) {
  if (!peek?.open || !peeked || $('#peek-body').contains(document.activeElement) && document.activeElement.matches('input,select')) return;
  if (!moved && rowOf(peeked.id)?.dataset.version === peeked.version) return;
  clearTimeout(peekTimer);
  peekTimer = setTimeout(() => { if (peek.open) openPeek(peeked.id); }, 150);
}

// Keys.
let cursor = -1;
function go(step, wanted = () => true) {
  const list = rows().filter(visible), at = list.indexOf(document.activeElement?.closest?.('.row'));
  let i = at >= 0 ? at + step : cursor >= 0 ? Math.min(cursor, list.length - 1) : step > 0 ? 0 : list.length - 1;
  while (list[i] && !wanted(list[i])) i += step;
  const row = list[i];
  if (!row) return;
  cursor = i;
  row.focus({preventScroll: true});
  row.scrollIntoView({block: 'nearest', behavior: calm.matches ? 'auto' : 'smooth'});
}
const current = () => peek?.open ? $('#peek [data-peek]') : board ? document.activeElement?.closest?.('.row') : $('.lead');

function press(row, move) {
  const {stage, owner} = row.dataset, own = owner === me;
  const may = {claim: stage === 'mql', accept: stage === 'mql' || (stage === 'claimed' && own)}[move]
    ?? (stage === 'mql' || (own && (stage === 'claimed' || stage === 'sal')));
  if (!may || board?.classList.contains('looks')) return;
  if (row.matches('.row')) $(`.m-${move}`, row).requestSubmit($(`[data-move=${move}]`, row));
  else if (move === 'return' || move === 'touch') {
    const box = $(`.m-${move}`, row);
    box.open = !box.open;
    if (box.open) $('.choices button', box).focus();
  } else $(`.m-${move}`, row)?.requestSubmit();
}

const keys = {
  j: () => board && go(1), k: () => board && go(-1), n: () => board && go(1, r => r.dataset.stage === 'mql'),
  c: row => row ? press(row, 'claim') : board && go(1, r => r.dataset.stage === 'mql'),
  a: row => row && press(row, 'accept'), r: row => row && press(row, 'return'), l: row => row && press(row, 'touch'),
  u: () => $('#undo form.undo')?.requestSubmit(),
  o: row => row?.matches('.row') && openPeek(row.dataset.lead),
  '/': () => $('#q') ? $('#q').focus() : location.assign('/leads#q'),
  '?': () => $('#help')?.showModal(),
};

document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const typing = e.target.matches?.('input,select,textarea'), row = current();
  const open = row && (row.dataset.uiOpen ? $(`.m-${row.dataset.uiOpen} .drawer`, row) : $('details.m[open] .drawer', row));
  if (e.key === 'Escape' && open) {
    if (row.matches('.row')) { drawer(row, null); row.focus({preventScroll: true}); }
    else if (!peek?.open) for (const d of $$('details.m[open]', row)) d.open = false;
    return;
  }
  if (typing || $('#help')?.open && e.key !== 'Escape') return;
  const choice = open && /^[1-9]$/.test(e.key) && $$('.choices button', open)[e.key - 1];
  if (choice) choice.click();
  else if (!Object.hasOwn(keys, e.key) || (e.repeat && !'jk'.includes(e.key))) return;
  else keys[e.key](row);
  e.preventDefault();
});

document.addEventListener('click', e => {
  if (e.target.closest('[data-help]')) $('#help').showModal();
  const more = e.target.closest('[data-peek-link]');
  if (more && peek && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
    e.preventDefault();
    openPeek(more.closest('[data-lead]').dataset.lead);
  }
  if (e.target === peek) peek.close();
  const menu = $('details.me[open]');
  if (menu && !menu.contains(e.target)) menu.open = false;
});
$('#peek')?.addEventListener('close', () => { rowOf(peeked?.id)?.focus({preventScroll: true}); peeked = null; });

const zone = $('[data-my-zone]');
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (location.hash === '#q') $('#q')?.focus();
dress();
setInterval(() => { if (!document.hidden) tick(); if (stream) watch(); }, 1000);
setInterval(dress, 30e3);
})();
