// Package scoring turns what a lead did (activities) and who it is (traits)
// into a score, and says in words where every point of it comes from.
//
// It is pure: it reads no clock, no store and no network, and imports only the
// standard library. It does not know stages, teams or clocks; whether a score
// puts a lead on the board is decided in package lead, with Ready as its yardstick.
//
// A Model is what both departments signed. Compile checks it and makes a
// Scorer, which is immutable and safe for concurrent use. Per lead there is a
// Ledger: one accumulator a behaviour rule, moved by each activity in
// O(rules touched), from which the score at any later moment follows in closed
// form.
//
//	s, err := scoring.Compile(scoring.DefaultModel())
//	late := s.Add(ledger, activity)
//	if len(late) > 0 {
//		p := s.Replay(late, time.Time{}) // see there
//		p.Into(ledger)
//	}
//	fit := s.Fit(traits)
//	score := s.Score(ledger, fit, now)
//	why := s.Signals(ledger, fit, now)
package scoring
