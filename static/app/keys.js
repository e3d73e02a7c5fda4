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
  near(row);
}
const current = () => peek?.open ? $('#peek [data-peek]') : board ? document.activeElement?.closest?.('.row') : $('.lead');

function press(row, move) {
  const {stage, owner} = row.dataset, own = owner === me;
  const may = {claim: stage === 'mql', accept: stage === 'mql' || (stage === 'claimed' && own)}[move]
    ?? (stage === 'mql' || (own && (stage === 'claimed' || stage === 'sal')));
  if (!may || board?.classList.contains('looks') || (document.body.dataset.role === 'manager' && move !== 'return')) return;
  if (row.matches('.row')) $(`.m-${move}`, row).requestSubmit($(`[data-move=${move}]`, row));
  else if (!visible($(`.m-${move}`, row))) return;
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
    else for (const d of $$('details.m[open]', row)) { d.open = false; $('summary', d).focus(); }
    e.preventDefault(); // or the story beside the board would close, too
    return;
  }
  if (typing || $('#help')?.open && e.key !== 'Escape') return;
  const choice = open && /^[1-9]$/.test(e.key) && $$('.choices button', open)[e.key - 1];
  if (choice) choice.click();
  else if (!Object.hasOwn(keys, e.key) || (e.repeat && !'jk'.includes(e.key))) return;
  else keys[e.key](row);
  e.preventDefault();
});

document.addEventListener('toggle', e => { if (e.target.matches?.('details.m[open]')) near($('.drawer', e.target)); }, true);

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
