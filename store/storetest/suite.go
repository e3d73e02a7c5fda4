package storetest

import "testing"

// Run holds a SQL store against the suite. url makes an empty database of the
// test's own and returns its address.
func Run(t *testing.T, url func(testing.TB) string) {
	for _, c := range []struct {
		name string
		f    func(*world)
	}{
		{"lead/every field comes back", everyField},
		{"lead/what is missing comes back as missing", missing},
		{"lead/long texts and every script", longTexts},
		{"lead/moments are UTC microseconds, in order", moments},
		{"lead/unknown ones are not found", unknownLeads},
		{"lead/versions grow with every write", versions},
		{"lead/boards, and what waits for its announcement", boards},
		{"lead/what was not announced stays so", unannounced},
		{"lead/due ones, the longest due first", due},
		{"lead/thousands at once", thousands},
		{"tx/message ids are new once", messageIDs},
		{"tx/identities lead to one lead", identities},
		{"tx/a merge moves identities and activities", merges},
		{"tx/who waits for a merge finds the lead it became", staleIdentity},
		{"tx/nothing is kept of what fails", rollback},
		{"tx/activities by event", activitiesByEvent},
		{"tx/suspected duplicates", duplicates},
		{"tx/history, notes and outbox", history},
		{"tx/clocks", clocks},
		{"tx/undo takes back", takeBack},
		{"tx/holdings and claims", holdings},
		{"reads/search", search},
		{"reads/search in pages", searchPages},
		{"reads/history in pages", historyPages},
		{"reads/activities in pages", activityPages},
		{"reads/running and stopped clocks", clockLists},
		{"people/add, find, change", people},
		{"people/sign in", signIn},
		{"people/away, and who holds what", awayAndHolds},
		{"people/first user, one of many", firstUser},
		{"people/set up", setUp},
		{"people/book", book},
		{"teams/add", teams},
		{"teams/the first takes the waiting leads", firstTeam},
		{"teams/many at once", teamsAtOnce},
		{"keys", keys},
		{"audit", audit},
		{"sessions", sessions},
		{"displays/links", displays},
		{"displays/seen once a minute", displaySeen},
		{"displays/a team's day", day},
		{"agreement", agreements},
		{"agreement/drafts and signatures", drafts},
		{"agreement/two people put it in force", twoPeople},
		{"agreement/the operator puts it in force", operatorActivates},
		{"agreement/versions in pages", versionPages},
		{"agreement/leads of an older one, boards first", outdated},
		{"agreement/re-scoring is shared, and goes on where it was stopped", rescoring},
		{"agreement/one lead that can't be re-scored keeps no other waiting", rescoringTrouble},
		{"exclusions and settings", exclusions},
		{"imports/files", importFiles},
		{"imports/work, undo, tidying", importWork},
		{"imports/leads that are forgotten", forgetLeads},
		{"trouble/contexts", contexts},
		{"trouble/a transaction that is cut off", cutOff},
		{"trouble/closed", closed},
		{"race/one of many claims wins", claimRace},
		{"race/nobody holds more than the limit", holdingRace},
		{"race/who is disabled holds nothing", disableRace},
		{"race/many batches of one new person", intakeRace},
		{"race/locks in any order", lockRace},
		{"race/one of many second signatures wins", signingRace},
		{"race/one of many activations wins", activationRace},
		{"race/caches don't need a second connection", poolRace},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(newWorld(t, url(t))) })
	}
}
