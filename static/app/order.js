// Frames. An answer may arrive after a newer frame, a frame may repeat what the
// snapshot had: the newer version of a row stays, and no row is there twice.
document.addEventListener('htmx:before:swap', e => {
  const tasks = e.detail.tasks;
  if (board && !document.hidden && !busyBoard() && tasks.some(moves)) tops ??= measure(); // once a painted frame: nothing has changed yet
  for (let i = tasks.length - 1; i >= 0; i--) {
    const task = tasks[i], lead = task.fragment?.querySelector?.('[data-lead]');
    if (task.target === board && task.swapSpec.style === 'beforeend' && lead && rowOf(lead.dataset.lead)) {
      task.target = rowOf(lead.dataset.lead);
      task.swapSpec.style = 'outerMorph';
    }
    const shown = lead && task.target !== board && rowOf(lead.dataset.lead);
    if (shown && Number(lead.dataset.version) < Number(shown.dataset.version)) tasks.splice(i, 1);
    else if (task.swapSpec?.style === 'delete' && task.target?.matches('.row')) leave(task.target);
    else if (task.target) brought.add(task.target);
  }
});
document.addEventListener('htmx:after:swap', soon);
// Nothing in a row is htmx's to look for.
document.addEventListener('htmx:before:process', e => { if (board?.contains(e.target)) e.preventDefault(); });

// Order. Rows move to where #board-order says, but not while somebody is about
// to click: a pointer or the focus in a row puts it off, for 3 seconds at most.
const HOLD = 3000;
const OFTEN = 1000; // ms: rows that change places a third time within it do not glide
let tops = null, asked = false, gliding = [];
let over = null, owed = 0, owedTimer = 0, movedAt = 0, shiftedAt = -OFTEN, shiftedBefore = -OFTEN, shiftedUnder = null;
const brought = new Set(); // what frames have changed since it was dressed
// moves tells whether a task may move rows: a row that changes in its place does not.
const moves = task => task.target && (task.target === board || task.target.id === 'board-order' || task.swapSpec?.style === 'delete');
const busyBoard = () => performance.now() - shiftedBefore < OFTEN;
const rows = () => $$('.row[data-lead]', board);
const measure = () => new Map($$('.row', board).map(r => [r, r.getBoundingClientRect().top]));
const holding = () => over?.isConnected || (board.contains(document.activeElement) && document.activeElement !== board);

// soon gathers what a burst of frames changed into one look, before the next paint.
function soon() {
  if (asked) return;
  asked = true;
  const look = () => {
    if (!asked) return;
    const fresh = [...brought];
    asked = false;
    brought.clear();
    dress(fresh.every(el => el.isConnected) ? fresh : undefined);
    settle();
    news();
  };
  if (document.hidden) return queueMicrotask(look);
  requestAnimationFrame(look);
  setTimeout(look, 500); // hidden before its next paint, a page has none
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
  const before = busyBoard() ? null : tops ?? measure();
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
  shiftedBefore = shiftedAt;
  shiftedAt = performance.now();
  for (const motion of gliding) motion.cancel();
  gliding = before && !calm.matches ? glide(before) : [];
}

// glide shows where rows went. On a board where they go on moving nobody could follow,
// and to draw it would keep what is newest from being seen.
function glide(before) {
  const motions = [];
  for (const row of $$('.row', board)) {
    const top = row.getBoundingClientRect().top, old = before.get(row);
    if (top > innerHeight + 400 || top < -400 || !visible(row)) continue;
    if (old === undefined) motions.push(row.animate([{opacity: 0, translate: '-16px 0'}, {opacity: 1, translate: '0 0'}], {duration: 240, easing: 'ease-out'}));
    else if (Math.abs(old - top) > 1) motions.push(row.animate([{translate: `0 ${old - top}px`}, {translate: '0 0'}], {duration: 240, easing: 'cubic-bezier(.2,.8,.2,1)'}));
  }
  return motions;
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
