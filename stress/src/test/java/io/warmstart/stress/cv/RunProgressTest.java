package io.warmstart.stress.cv;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nowNanos = -SECONDS.toNanos(3);

  @Test
  void lineNowAndThenTellsRateAndWhatIsLeft() {
    RunProgress progress =
        RunProgress.lines(new PrintStream(bytes, true, StandardCharsets.UTF_8), 40, () -> nowNanos);

    nowNanos += SECONDS.toNanos(4);
    progress.update(1, 500);
    nowNanos += SECONDS.toNanos(2);
    progress.update(0, 1_200);
    nowNanos += SECONDS.toNanos(4);
    progress.update(9, 1_900);
    nowNanos += SECONDS.toNanos(2);
    progress.update(10, 2_400);

    assertEquals(
        List.of(
            "0/40 fits, 1,200 iterations, 200/s",
            "10/40 fits, 2,400 iterations, 200/s, about 36 s left"),
        bytes.toString(StandardCharsets.UTF_8).lines().toList());
  }
}
