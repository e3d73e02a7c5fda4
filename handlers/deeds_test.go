package handlers_test

import (
	"testing"

	"hotleads/handlers"
	"hotleads/lead"
)

func TestDeedsHaveWords(t *testing.T) {
	for _, d := range lead.Deeds {
		if !handlers.DeedSaid(d) {
			t.Errorf("%s has no words or no group", d)
		}
	}
}
