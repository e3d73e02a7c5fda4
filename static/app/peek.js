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
