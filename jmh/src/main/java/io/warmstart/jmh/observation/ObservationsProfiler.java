package io.warmstart.jmh.observation;

import java.util.Collection;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;

/** Hands the {@link Observations} of each iteration to JMH. */
public final class ObservationsProfiler implements InternalProfiler {
  /** For JMH, which makes it by reflection. */
  public ObservationsProfiler() {}

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    Observations.current().clear();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    return Observations.current().drain();
  }

  @Override
  public String getDescription() {
    return "What the benchmark has noted";
  }
}
