package io.warmstart.jmh.run;

import io.warmstart.jmh.observation.ObservationsProfiler;
import io.warmstart.jmh.peer.PeerKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Defaults;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The benchmarks that JMH's options select, run peer by peer where one needs flags that the others
 * should not have.
 */
public final class Selection {
  private static final String PEER = "peer";

  private final Options options;
  private final List<String> ofPeers = new ArrayList<>();
  private final List<String> ofOthers = new ArrayList<>();

  /** The benchmarks that these options include. */
  public Selection(Options options) {
    this.options = options;
    for (BenchmarkListEntry entry :
        BenchmarkList.defaultList()
            .find(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                options.getIncludes(),
                options.getExcludes())) {
      (entry.getParams().orElse(Map.of()).containsKey(PEER) ? ofPeers : ofOthers)
          .add("^" + Pattern.quote(entry.getUsername()) + "$");
    }
  }

  /** Runs them, and writes the file of results that the options ask for. */
  public Collection<RunResult> run() throws RunnerException, IOException {
    List<RunResult> results = new ArrayList<>();
    if (!ofOthers.isEmpty() || ofPeers.isEmpty()) {
      // With nothing selected, JMH says so.
      results.addAll(new Runner(with(ForkFlags.ofStore(), ofOthers).build()).run());
    }
    if (!ofPeers.isEmpty()) {
      for (Map.Entry<List<String>, List<String>> group : peersByFlags().entrySet()) {
        String[] peers = group.getValue().toArray(String[]::new);
        results.addAll(new Runner(with(group.getKey(), ofPeers).param(PEER, peers).build()).run());
      }
    }
    if (!ofPeers.isEmpty()) {
      // Each of the runs above has printed its own part of the table.
      ResultFormatFactory.getInstance(ResultFormatType.TEXT, System.out).writeOut(results);
    }
    if (options.getResult().hasValue() || options.getResultFormat().hasValue()) {
      // Each run has written its own part there: this is the whole.
      String file =
          options
              .getResult()
              .orElse(
                  Defaults.RESULT_FILE_PREFIX
                      + "."
                      + options.getResultFormat().get().toString().toLowerCase(Locale.ROOT));
      ResultFormatFactory.getInstance(
              options.getResultFormat().orElse(Defaults.RESULT_FORMAT), file)
          .writeOut(results);
    }
    return results;
  }

  private Map<List<String>, List<String>> peersByFlags() throws IOException {
    Collection<String> chosen =
        options
            .getParameter(PEER)
            .orElse(Arrays.stream(PeerKind.values()).map(PeerKind::name).toList());
    Map<List<String>, List<String>> groups = new LinkedHashMap<>();
    for (String name : chosen) {
      groups
          .computeIfAbsent(ForkFlags.of(PeerKind.valueOf(name)), flags -> new ArrayList<>())
          .add(name);
    }
    return groups;
  }

  private ChainedOptionsBuilder with(List<String> flags, List<String> includes) {
    List<String> all = new ArrayList<>(flags);
    all.addAll(options.getJvmArgsPrepend().orElse(List.of()));
    ChainedOptionsBuilder builder =
        new OptionsBuilder()
            .parent(options)
            .jvmArgsPrepend(all.toArray(String[]::new))
            .addProfiler(ObservationsProfiler.class);
    includes.forEach(builder::include);
    if (!options.shouldFailOnError().hasValue()) {
      // A benchmark that fails ends the run instead of leaving a gap in its table.
      builder.shouldFailOnError(true);
    }
    return builder;
  }
}
