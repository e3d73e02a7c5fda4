// Package sla answers three questions about a hand-off: when is a team open,
// by when must a lead be acted on, and how long did it really take. It is pure:
// it reads no clock, no store and no environment, `now` is always an argument,
// and it imports nothing but the standard library.
//
//   - [Calendar] is a team's business hours in a time zone: weekly hours,
//     holidays, breaks and shifts. It turns business minutes into instants
//     ([Calendar.Due]) and back ([Calendar.Elapsed]).
//   - [Policy] is the part of the agreement that says how many business minutes
//     each kind of clock has in each tier.
//   - [Clock] is one running promise: on time, at risk, breached.
//
// It does not know leads, stages or people; who starts and stops a clock, and
// where it is stored, is decided elsewhere. The typical calls:
//
//	clock, err := policy.Start(calendar, sla.Claim, "hot", now, 0)
//	clock, changes := clock.Record(now) // by the sweep, at clock.NextChange()
//	clock = clock.Stop(calendar, now, "")
//
// All instants that the package returns are in UTC.
package sla
