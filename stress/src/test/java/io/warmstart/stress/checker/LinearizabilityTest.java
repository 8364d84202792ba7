package io.warmstart.stress.checker;

import static io.warmstart.stress.checker.Told.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.stress.history.Version;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Good histories pass; bad ones, each bad in one way, must not. */
class LinearizabilityTest {
  private static final long LOWEST = version(0);
  private static final long SECOND = version(1);
  private static final long THIRD = version(2);

  private record Case(String what, Told told) {}

  @TestFactory
  Stream<DynamicTest> historiesThatSomeOrderExplains() {
    return List.of(
            new Case("nothing at all", new Told()),
            new Case("a miss before any save", new Told().miss(0, 1).save(LOWEST, 2, 3)),
            new Case("a save is found", new Told().save(LOWEST, 0, 1).found(LOWEST, 2, 3)),
            new Case(
                "a miss while the save is under way, then it",
                new Told().save(LOWEST, 0, 10).miss(1, 2).found(LOWEST, 3, 4)),
            new Case(
                "the lowest of two",
                new Told().save(SECOND, 0, 1).save(LOWEST, 2, 3).found(LOWEST, 4, 5)),
            new Case(
                "an overwrite replaces a lower objective",
                new Told().overwrite(LOWEST, 0, 1).overwrite(SECOND, 2, 3).found(SECOND, 4, 5)),
            new Case(
                "old or new while it is overwritten",
                new Told()
                    .overwrite(LOWEST, 0, 1)
                    .overwrite(SECOND, 2, 10)
                    .found(LOWEST, 3, 4)
                    .found(SECOND, 5, 6)),
            new Case(
                "the order of two overwrites at once is free",
                new Told()
                    .overwrite(LOWEST, 0, 10)
                    .overwrite(SECOND, 0, 10)
                    .found(LOWEST, 11, 12)
                    .found(LOWEST, 13, 14)),
            new Case(
                "what a sweep was there to remove is missed",
                new Told().save(LOWEST, 0, 1).sweep(2, 3).miss(4, 5)),
            new Case(
                "a sweep leaves the runner-up",
                new Told()
                    .save(LOWEST, 0, 1)
                    .save(SECOND, 2, 3)
                    .sweep(4, 5)
                    .found(SECOND, 6, 7)
                    .end(SECOND)),
            new Case(
                "what has expired is missed",
                new Told().save(LOWEST, 0, 1).expiringAfter(100).miss(110, 120)),
            new Case(
                "the write of a dead process shows late",
                new Told()
                    .overwrite(LOWEST, 0, 1)
                    .overwriteThatDied(SECOND, 2)
                    .found(LOWEST, 3, 4)
                    .found(SECOND, 5, 6)
                    .end(SECOND)),
            new Case(
                "the write of a dead process never shows",
                new Told().overwrite(LOWEST, 0, 1).overwriteThatDied(SECOND, 2).end(LOWEST)),
            new Case(
                "the write of a dead process shows only at the end",
                new Told().overwrite(LOWEST, 0, 1).overwriteThatDied(SECOND, 2).end(SECOND)),
            new Case(
                "a failed write that is there all the same",
                new Told().overwriteThatFailed(LOWEST, 0, 1).found(LOWEST, 2, 3)),
            new Case(
                "a write that a lookup saw takes effect before one that it did not see",
                new Told()
                    .overwrite(LOWEST, 0, 100)
                    .overwrite(SECOND, 0, 100)
                    .latest(LOWEST, 1, 2)
                    .latest(SECOND, 3, 4)
                    .end(SECOND)))
        .stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.what, () -> assertEquals(Optional.empty(), each.told.check())));
  }

  @TestFactory
  Stream<DynamicTest> historiesThatNothingExplains() {
    return List.of(
            new Case("an entry that nobody wrote", new Told().found(LOWEST, 0, 1)),
            new Case(
                "found before it was saved", new Told().found(LOWEST, 0, 1).save(LOWEST, 2, 3)),
            new Case("an acknowledged save is missed", new Told().save(LOWEST, 0, 1).miss(2, 3)),
            new Case(
                "absent for an instant while it is overwritten",
                new Told().overwrite(LOWEST, 0, 1).overwrite(SECOND, 2, 10).miss(3, 4)),
            new Case(
                "the version before an acknowledged overwrite",
                new Told().overwrite(SECOND, 0, 1).overwrite(LOWEST, 2, 3).found(SECOND, 4, 5)),
            new Case(
                "new, then old again",
                new Told()
                    .overwrite(LOWEST, 0, 1)
                    .overwrite(SECOND, 2, 20)
                    .found(SECOND, 3, 4)
                    .found(LOWEST, 5, 6)),
            new Case(
                "the runner-up though the winner is there",
                new Told().save(LOWEST, 0, 1).save(SECOND, 2, 3).found(SECOND, 4, 5)),
            new Case(
                "a miss while one entry replaces another and one is always there",
                new Told().save(LOWEST, 0, 1).save(SECOND, 2, 3).sweep(40, 50).miss(4, 5)),
            new Case(
                "gone before any sweep began",
                new Told().save(LOWEST, 0, 1).miss(2, 3).sweep(4, 5)),
            new Case(
                "gone though the only sweep had ended before",
                new Told().sweep(0, 1).save(LOWEST, 2, 3).miss(4, 5)),
            new Case(
                "swept, and there again",
                new Told().save(LOWEST, 0, 1).sweep(2, 3).miss(4, 5).found(LOWEST, 6, 7)),
            new Case(
                "expired too soon", new Told().save(LOWEST, 0, 1).expiringAfter(100).miss(50, 60)),
            new Case("lost at the end", new Told().save(LOWEST, 0, 1).end()),
            new Case(
                "at the end the version before",
                new Told().overwrite(LOWEST, 0, 1).overwrite(SECOND, 2, 3).end(LOWEST)),
            new Case(
                "at the end two versions of one run",
                new Told().overwrite(LOWEST, 0, 1).overwrite(SECOND, 2, 3).end(LOWEST, SECOND)),
            new Case(
                "the write of a dead process shows and is gone again",
                new Told()
                    .overwrite(LOWEST, 0, 1)
                    .overwriteThatDied(SECOND, 2)
                    .found(SECOND, 3, 4)
                    .found(LOWEST, 5, 6)),
            new Case(
                "lost with the write of a dead process",
                new Told().overwrite(LOWEST, 0, 1).overwriteThatDied(SECOND, 2).end()),
            new Case(
                "two readers see two overwrites in two orders",
                new Told()
                    .overwrite(THIRD, 0, 1)
                    .overwrite(LOWEST, 2, 100)
                    .overwrite(SECOND, 2, 100)
                    .found(LOWEST, 3, 4)
                    .found(SECOND, 5, 6)
                    .found(LOWEST, 7, 8)))
        .stream()
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.what,
                    () -> assertTrue(each.told.check().isPresent(), "accepted: " + each.what)));
  }

  @Test
  void moreInFlightThanCanBeOrderedIsAnErrorAndNoPass() {
    Told told = new Told();
    for (int i = 0; i < 65; i++) {
      told.overwriteThatDied(Long.MAX_VALUE - i, i);
    }

    assertThrows(IllegalStateException.class, told::check);
  }

  @Test
  void violationNamesTheAnswerAndWhatCouldHaveBeenThere() {
    String what = new Told().overwrite(LOWEST, 0, 1).miss(2, 3).check().orElseThrow().what();

    assertTrue(what.startsWith("key 7: worker 1 LOWEST answered none between 2 and 3"), what);
    assertTrue(what.endsWith("possible contents before it: {" + Version.text(LOWEST) + "}"), what);
  }
}
