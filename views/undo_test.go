package views_test

import (
	"net/http"
	"testing"
	"time"

	"hotleads/test/testenv"
	"hotleads/views"
)

// An offer to undo ends with the next move and with an undo that is refused.
func TestUndoIsNotOfferedForLongerThanItHolds(t *testing.T) {
	s := newSite(t)
	status := http.StatusOK
	s.answer = func(w http.ResponseWriter, id, _ string, _ func(string) string) {
		w.WriteHeader(status)
		_, _ = w.Write(views.PartialMessage(id, "Said."))
	}
	offer := `(() => { const f = document.createElement('form'); f.className = 'undo'; f.method = 'post'; f.action = '/leads/ada/undo';
		f.dataset.until = Date.now() + 60000; f.dataset.undoOf = 'ada'; f.innerHTML = '<button data-move="undo"><span class="secs"></span><svg class="ring"><circle class="fill"/></svg></button>';
		document.querySelector('#undo').replaceChildren(f); })();`
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)
	b.do(offer + `document.querySelector('#lead-alan .m-claim').requestSubmit()`)
	b.until("another move ends the offer", `!document.querySelector('#undo form') && document.querySelector('#lead-alan [data-msg]').textContent === 'Said.'`)
	status = http.StatusConflict
	b.do(offer + `document.querySelector('#lead-grace .m-accept').requestSubmit()`)
	b.until("the refusal is said", `document.querySelector('#lead-grace [data-msg]').textContent === 'Said.'`)
	if b.eval(`!!document.querySelector('#undo form')`) != "true" {
		t.Error("a refused move took the offer away")
	}
	b.do(`document.querySelector('#undo form').requestSubmit()`)
	b.until("a refused undo ends the offer", `!document.querySelector('#undo form')`)
}

// Whoever takes a move back as soon as that is offered is heard, though the move's answer
// is still being shown.
func TestUndoAtOnce(t *testing.T) {
	s := newSite(t)
	m := sampleRows(s.now)[0]
	moves := make(chan string, 9)
	s.answer = func(w http.ResponseWriter, id, name string, _ func(string) string) {
		moves <- name
		var offer *views.UndoModel
		if name == "claim" {
			offer = &views.UndoModel{LeadID: id, LeadName: m.Name, Move: name, Until: time.Now().Add(10 * time.Second)}
		}
		b, _ := views.MoveDone(t.Context(), id, rendered(t, []views.RowModel{m})[0].HTML, offer)
		_, _ = w.Write(b)
	}
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#undo').replaceChildren();
		new MutationObserver((_, o) => {
			const undo = document.querySelector('#undo button');
			if (undo) { o.disconnect(); undo.click(); }
		}).observe(document.querySelector('#undo'), {childList: true});
		document.querySelector('#lead-ada .m-claim button').click()`)
	for _, want := range []string{"claim", "undo"} {
		select {
		case got := <-moves:
			if got != want {
				t.Errorf("sent is %s, want %s", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody hears of the %s", want)
		}
	}
	b.until("it is taken back", `!document.querySelector('#undo form')`)
}
