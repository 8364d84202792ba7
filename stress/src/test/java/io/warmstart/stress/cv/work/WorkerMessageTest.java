package io.warmstart.stress.cv.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.warmstart.stress.cv.fit.HeldOutScore;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerMessageTest {
  private static final FitTask TASK = new FitTask(3, 17);

  @Test
  void everyMessageSurvivesItsLine() {
    FitOutcome outcome =
        new FitOutcome(412, 0.1 + 0.2, 77, new HeldOutScore(180, 175, 1e-17), "ab".repeat(32));
    FitOutcome allRows =
        new FitOutcome(1, 2.5, 0, new HeldOutScore(0, 0, Double.NaN), "cd".repeat(32));
    List<WorkerMessage> messages =
        List.of(
            new WorkerMessage.Ready(),
            new WorkerMessage.Looked(true, 123_456),
            new WorkerMessage.Looked(false, 0),
            new WorkerMessage.Started(TASK, Origin.RESUMED, 41),
            new WorkerMessage.Iterated(42),
            new WorkerMessage.Saved(42, 0.1 + 0.2, Long.MAX_VALUE),
            new WorkerMessage.BestFound(TASK, 1e-17),
            new WorkerMessage.BestFound(TASK, Double.POSITIVE_INFINITY),
            new WorkerMessage.Done(TASK, outcome),
            new WorkerMessage.Done(TASK, allRows),
            new WorkerMessage.Elsewhere(TASK),
            new WorkerMessage.Note("two words"),
            new WorkerMessage.Failed("root is full"));

    for (WorkerMessage message : messages) {
      assertEquals(message, WorkerMessage.parse(message.toLine()));
    }
  }

  @Test
  void textNeverBreaksTheLine() {
    assertEquals("note a b", new WorkerMessage.Note("a\nb").toLine());
    assertEquals("failed a b", new WorkerMessage.Failed("a\r\n  b").toLine());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "iterated", "iterated x", "done 1 2", "started 1 2 HALF 3", "hello"})
  void otherLinesAreRefusedWithTheLine(String line) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> WorkerMessage.parse(line));
    assertEquals("worker message not understood: " + line, refused.getMessage());
  }
}
