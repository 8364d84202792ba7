package io.warmstart.stress.cv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class CvReportTest {
  @Test
  void latencyTellsPercentilesInMicrosecondsAndTheSumInSeconds() {
    Histogram nanos = new Histogram(3);
    for (int i = 1; i <= 1000; i++) {
      nanos.recordValue(i * 1_000_000L);
    }

    CvReport.Latency latency = CvReport.Latency.of(nanos);

    assertEquals(1000, latency.count());
    assertEquals(500e3, latency.p50Micros(), 1e3);
    assertEquals(990e3, latency.p99Micros(), 1e3);
    assertEquals(1000e3, latency.maxMicros(), 1e3);
    assertEquals(500.5, latency.totalSeconds(), 0.5);
  }

  @Test
  void nothingMeasuredIsZeroAndNoNumberLess() {
    assertEquals(
        new CvReport.Latency(0, 0.0, 0.0, 0.0, 0.0), CvReport.Latency.of(new Histogram(3)));
  }
}
