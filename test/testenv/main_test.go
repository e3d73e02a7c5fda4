package testenv

import "testing"

func TestMain(m *testing.M) {
	defer CloseBrowser()
	m.Run()
}
