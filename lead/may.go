package lead

// Who may make a move, by role and by who holds the lead.

func repOf(l *Lead, a Actor) bool {
	return a.Kind == ByPerson && a.User.Role == Rep && a.User.MayTake(l)
}

func managerOf(l *Lead, a Actor) bool {
	return a.Kind == ByPerson && a.User.Role == Manager && a.User.Sees(l.TeamID)
}

func owns(l *Lead, a Actor) bool { return a.Kind == ByPerson && l.OwnerID != "" && l.OwnerID == a.ID }

func managersOnly(l *Lead, a Actor) error {
	if managerOf(l, a) {
		return nil
	}
	return forbidden("only a manager of the team may do this")
}

func repsOrManager(l *Lead, a Actor) error {
	if repOf(l, a) || managerOf(l, a) || (a.Kind == ByPerson && a.User.Role == Manager && l.open()) {
		return nil
	}
	return forbidden("only a rep of the team, or its manager on behalf of one, may do this")
}

// ownerOrManager: where nobody holds the lead (any more), it is the stage that
// forbids the move, not the rep.
func ownerOrManager(l *Lead, a Actor) error {
	if owns(l, a) || managerOf(l, a) || (l.OwnerID == "" && repOf(l, a)) {
		return nil
	}
	return forbidden("only the rep who holds it, or a manager, may do this")
}

// repOrOwner: a waiting lead is any rep's of the team, a held one its owner's.
func repOrOwner(l *Lead, a Actor) error {
	if l.Held() {
		if owns(l, a) {
			return nil
		}
		return forbidden("only the rep who holds it may do this")
	}
	if repOf(l, a) {
		return nil
	}
	return forbidden("only a rep of the team may do this")
}

func returners(l *Lead, a Actor) error {
	if managerOf(l, a) {
		return nil
	}
	return repOrOwner(l, a)
}

func marketingOrManager(l *Lead, a Actor) error {
	if managerOf(l, a) || (a.Kind == ByPerson && a.User.Role == Marketing) {
		return nil
	}
	return forbidden("only marketing or a manager may do this")
}

// MayCorrect tells whether the person may correct what is known of the lead, if
// they see it: marketing and managers, and reps where no other rep holds it.
func (u User) MayCorrect(l *Lead) bool {
	switch u.Role {
	case Marketing, Manager:
		return true
	case Rep:
		return !l.Held() || l.OwnerID == u.ID
	}
	return false
}
