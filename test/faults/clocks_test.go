package faults

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"hotleads/test/testenv"
)

// late is what the connections of the second instance are called.
const late = "late"

// behind makes Postgres say that it is so much earlier than the instances' own
// clocks say, and that much more to the one that is late: they read
// clock_timestamp() of the schema that shadows the system's.
func (w *world) behind(most, more time.Duration) {
	w.Helper()
	for _, text := range []string{
		`CREATE SCHEMA IF NOT EXISTS skewed`,
		fmt.Sprintf(`CREATE OR REPLACE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
			SELECT pg_catalog.clock_timestamp() - INTERVAL '%d seconds' - CASE current_setting('application_name') WHEN '%s' THEN INTERVAL '%d seconds' ELSE INTERVAL '0' END $$`, int(most.Seconds()), late, int(more.Seconds())),
	} {
		if _, err := w.db.ExecContext(w.Context(), text); err != nil {
			w.Fatal(err)
		}
	}
}

// Instances whose clocks are an hour wrong go by the database's, and so they do
// when that one is set back: nothing is lost, doubled or done twice. Nor is it
// where one of them goes by a clock that is half a minute behind the other's.
func TestClocks(t *testing.T) {
	t.Parallel()
	address := testenv.Postgres(t)
	w := newWorld(t, address, testenv.Redis(t), 0)
	w.behind(time.Hour, 0)
	w.env = append(w.env, "DATABASE_URL="+address+"&search_path=public,skewed,pg_catalog")
	w.instances = []*instance{w.start(), w.start("DATABASE_URL=" + address + "&search_path=public,skewed,pg_catalog&application_name=" + late)}
	one, two := w.instances[0], w.instances[1]
	madeAt := func(id string) time.Time {
		t.Helper()
		var at time.Time
		if err := w.db.GetContext(t.Context(), &at, `SELECT updated_at FROM leads WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
		return at
	}
	id := one.lead("ada")
	if off := time.Since(madeAt(id)); off < time.Hour || off > time.Hour+patience {
		t.Errorf("a lead is stored as of %s ago, want the database's time, an hour ago", off)
	}
	if status, _, err := one.move(id, "claim", "rosa@vendor.example"); err != nil || status != http.StatusOK {
		t.Errorf("a claim: %d, %v", status, err)
	}
	if status, _, err := two.move(id, "undo", "rosa@vendor.example"); err != nil || status != http.StatusOK {
		t.Errorf("undone at the other instance: %d, %v", status, err)
	}

	traffic := w.send(2, func() []*instance { return w.instances })
	traffic.flows("messages are taken in")
	w.behind(time.Hour+30*time.Second, 30*time.Second)
	n := 0
	w.eventually("both instances follow the clock that was set back", func() error {
		for at, i := range w.instances {
			n++
			if off := time.Since(madeAt(i.lead(fmt.Sprint("back-", n)))); off < time.Hour+time.Duration(at+1)*30*time.Second {
				rest(time.Second)
				return fmt.Errorf("%s stores leads as of %s ago", i.url, off)
			}
		}
		return nil
	})
	traffic.flows("messages are taken in as before")
	traffic.stop()
	t.Run("what is due happens once", func(t *testing.T) { dueOnce(t, w) })
	w.heals(time.Now())
}
