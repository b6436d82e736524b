package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"regulars/internal/shop"
	"regulars/storage"
	"regulars/storage/storagetest"
)

// lines are customers to be imported, made as an import makes them.
func importLines(n int) (out []storage.ImportLine) {
	for i := range n {
		out = append(out, storage.ImportLine{Line: int64(i + 2), Key: mail(i), Fields: "[]",
			Data: fmt.Sprintf(`{"Email": {"Text": %[1]q, "Key": %[1]q}, "FirstName": "Ada", "AcceptsMarketing": true}`, mail(i))})
	}
	return out
}

func (w *world) stage(t *testing.T, n int) (storage.ImportRun, storage.ImportPart) {
	t.Helper()
	run, err := w.s.StartImport(t.Context(), w.store, "customers", []byte("hash"), false, false)
	must(t, err)
	must(t, w.s.StageImport(t.Context(), run, importLines(n)))
	return run, storage.ImportPart{UpTo: int64(n + 1), Lines: n}
}

// Postgres empties the staging table when it comes up after a crash: what is
// missing there must not pass for done.
func TestImportNoticesThatStagedLinesAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run, part := w.stage(t, 3)
	w.owner.MustExec(`TRUNCATE import_rows`)
	if _, err := w.s.ImportCustomers(t.Context(), run, part); err == nil || !strings.Contains(err.Error(), "lost the staged lines") {
		t.Errorf("got %v", err)
	}
	w.wantCount(t, 0, `customers`)
}

// A sign-up that comes between the look and the write is found at the next try.
func TestImportMeetsSignUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 40
	run, part := w.stage(t, n)
	done := make(chan error)
	go func() {
		var err error
		for i := range n {
			if err == nil {
				_, err = w.s.CreateCustomer(t.Context(), w.store, person(t, mail(i)))
			}
			if shop.CodeOf(err) == shop.Conflict {
				err = nil
			}
			if err == nil {
				err = w.s.Subscribe(t.Context(), w.store, guest(mail(n-1-i)))
			}
		}
		done <- err
	}()
	_, err := w.s.ImportCustomers(t.Context(), run, part)
	must(t, err)
	must(t, <-done)
	w.wantCount(t, n, `customers`)
	w.wantCount(t, n, `events WHERE scope = 'store/customer/created'`)
	w.wantCount(t, n, `subscribers`)
	w.wantCount(t, n, `events WHERE scope = 'store/subscriber/created'`)
	w.wantCount(t, 0, `(SELECT entity, entity_id, entity_version FROM events GROUP BY 1, 2, 3 HAVING count(*) > 1) e`)
	w.wantCount(t, 0, `subscribers b WHERE (SELECT count(*) FROM consents c WHERE c.subscriber_id = b.id) <> b.next_seq - 1`)
}

func TestSweepTakesLinesOfDeadImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stage(t, 3)
	w.sweep(t, w.store)
	w.wantCount(t, 3, `import_rows`)
	w.owner.MustExec(`UPDATE import_runs SET started_at = now() - interval '8 days'`)
	w.sweep(t, w.store)
	w.wantCount(t, 0, `import_rows`)
}

// What a killed import left is cleared in time also where the planner takes the
// table for almost empty, as it does after a vacuum that came before the filling.
func TestImportClearsWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 40_000
	w.stage(t, n)
	w.owner.MustExec(fmt.Sprintf(`DELETE FROM import_rows WHERE line <> %d`, n+1))
	w.owner.MustExec(`VACUUM import_rows`)
	w.stage(t, n)
	w.sweep(t, w.store) // looks for older ones, meanwhile
	w.stage(t, 3)
	w.wantCount(t, 3, `import_rows`)
}

// A pool may have a single connection: nothing in a transaction asks for another.
func TestImportsWithOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.s = lone(t, w)
	run, part := w.stage(t, 3)
	if w.s.ImportsAtOnce() != 1 {
		t.Error("two batches would wait for one connection")
	}
	_, err := w.s.ImportCustomers(t.Context(), run, part)
	must(t, err)
	must(t, w.s.FinishImport(t.Context(), run))

	run, err = w.s.StartImport(t.Context(), w.store, "groups", []byte("hash"), false, false)
	must(t, err)
	must(t, w.s.StageImport(t.Context(), run, []storage.ImportLine{{Line: 2, Key: "vip", Fields: "[]", Data: `{"Name": "VIP", "CategoryAccess": {"Type": "ALL"}}`}}))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = w.s.ImportGroups(ctx, run, storage.ImportPart{UpTo: 2, Lines: 1})
	must(t, err)
	w.wantCount(t, 1, `customer_groups`)
}

// A second process takes over while a batch of the first is under way: that one
// ends, and no other begins, so that there need not be a moment without any.
func TestImportTakesOverWhileABatchRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run, part := w.stage(t, 3)
	part.Number = 1 // which waits for batch 0
	batch, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := w.s.ImportCustomers(t.Context(), run, part)
		batch <- err
	}()
	for reads := 0; reads == 0; { // its lines, and so holds the run
		must(t, w.owner.Get(&reads, `
			SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
			WHERE  d.datname = current_database() AND l.relation = 'import_rows'::regclass AND l.mode = 'AccessShareLock'`))
	}
	go func() {
		_, err := w.s.StartImport(t.Context(), w.store, "customers", []byte("hash"), false, false)
		second <- err
	}()
	var err error
	for line := int64(10); err == nil && len(second) == 0; line++ {
		err = w.s.StageImport(t.Context(), run, []storage.ImportLine{{Line: line, Fields: "[]"}})
	}
	if !errors.Is(err, storage.ErrImportTakenOver) {
		t.Errorf("the first goes on: %v", err)
	}
	if len(second) > 0 {
		t.Error("the second did not wait for the batch")
	}
	if _, err := w.s.ImportCustomers(t.Context(), run, storage.ImportPart{}); !errors.Is(err, storage.ErrImportTakenOver) {
		t.Errorf("got %v", err)
	}
	must(t, <-batch)
	must(t, <-second)
	w.wantCount(t, 3, `customers`)
	w.wantCount(t, 0, `import_rows`)
}

// A batch whose connection breaks is tried again in its turn: the next one, which
// is about the same customer, does not overtake it.
func TestImportOutlastsABreakInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storagetest.NewProxy(t, w.DB)
	s := p.Store(t)
	run, err := s.StartImport(t.Context(), w.store, "customers", []byte("hash"), false, false)
	must(t, err)
	first, second := importLines(1), importLines(1)
	second[0].Line, second[0].Data = 3, strings.Replace(second[0].Data, "Ada", "Bob", 1)
	must(t, s.StageImport(t.Context(), run, append(first, second...)))
	p.CutReplies("DELETE", 1)
	outcomes := make([]chan string, 2)
	for n := range outcomes {
		outcomes[n] = make(chan string, 1)
		go func() {
			out, err := s.ImportCustomers(t.Context(), run, storage.ImportPart{Number: n, After: int64(n + 1), UpTo: int64(n + 2), Lines: 1})
			if err != nil {
				outcomes[n] <- err.Error()
				return
			}
			outcomes[n] <- string(out[0].Result)
		}()
	}
	if a, b := <-outcomes[0], <-outcomes[1]; a != "created" || b != "skipped" || p.Cuts() != 1 {
		t.Errorf("%s, then %s, %d cuts", a, b, p.Cuts())
	}
	w.wantCount(t, 1, `customers WHERE first_name = 'Ada'`)
}
