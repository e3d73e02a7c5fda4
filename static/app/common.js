// What HTML can't do: ticking clocks, the order of the rows, the keyboard, the
// state of the connection, and clicks that survive a bad network. Everything
// works without this file; nothing here decides what is allowed.
const $ = (sel, from = document) => from.querySelector(sel);
const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];
const board = $('#board'), stream = $('[data-live]'), connection = $('#connection');
const words = $('#words')?.dataset ?? {}, me = document.body.dataset.me;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const rowOf = id => document.getElementById('lead-' + id);
const near = el => el.scrollIntoView({block: 'nearest', behavior: calm.matches ? 'auto' : 'smooth'});
// signIn goes where somebody signs in again whose session has ended, and back from there.
const signIn = () => location.replace('/login?ended=1&next=' + encodeURIComponent(location.pathname + location.search));
// What this browser remembers; a browser may refuse to.
const remembered = (key, where = 'localStorage') => { try { return window[where].getItem('hotleads.' + key); } catch { return null; } };
const remember = (key, value, where = 'localStorage') => { try { window[where].setItem('hotleads.' + key, value); } catch { /* then not */ } };
const visible = el => el.checkVisibility?.() ?? el.offsetParent !== null;
// What is shown once to be copied is selected as soon as one is in it.
document.addEventListener('focusin', e => e.target.matches('[data-select]') && e.target.select());
