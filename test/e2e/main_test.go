package e2e

import (
	"testing"

	"hotleads/test/testenv"
)

func TestMain(m *testing.M) {
	defer testenv.CloseBrowser()
	m.Run()
}
