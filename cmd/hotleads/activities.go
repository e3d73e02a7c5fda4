package main

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"hotleads/lead"
)

// acceptedMonths is the setting that keeps the ACTIVITY_MONTHS of the last start
// at which the agreement in force had no need of more.
const acceptedMonths = "activity_months"

// checkMonths refuses to keep activities for a shorter time than the agreement in
// force needs. What was accepted once is not refused later, for then somebody has
// signed another agreement, and servers have to start all the same: nothing is
// dropped while that is so.
func (a *app) checkMonths(ctx context.Context) error {
	months := a.settings.ActivityMonths
	if months == 0 {
		return nil
	}
	rules, err := a.store.Rules(ctx)
	if err != nil {
		return err
	}
	accepted, err := a.store.Setting(ctx, acceptedMonths)
	if err != nil {
		return err
	}
	text := strconv.Itoa(months)
	switch refused := rules.CheckMonths(months); {
	case refused == nil && accepted != text:
		return a.store.Set(ctx, acceptedMonths, text)
	case refused != nil && accepted == text:
		a.log.Warn("ACTIVITY_MONTHS is shorter than what the agreement in force needs: no activities are dropped", slog.Any("error", refused))
	case refused != nil:
		return wrongUsage("ACTIVITY_MONTHS: %s", refused)
	}
	return nil
}

// shelve makes room for the activities of the next months, and drops those that
// are older than ACTIVITY_MONTHS.
func (a *app) shelve(ctx context.Context, now time.Time) (bool, error) {
	if _, err := a.store.Months(ctx, now); err != nil {
		return false, err
	}
	gone, err := a.desk.DropActivities(ctx, now, a.settings.ActivityMonths)
	if gone != (lead.Dropped{}) {
		a.log.Info("old activities were dropped", slog.Int("months", gone.Months), slog.Int("rows", gone.Rows))
	}
	return false, err
}
