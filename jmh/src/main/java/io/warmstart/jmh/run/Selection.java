package io.warmstart.jmh.run;

import io.warmstart.jmh.observation.ObservationsProfiler;
import io.warmstart.jmh.peer.ForkFlags;
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
import org.jspecify.annotations.Nullable;
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

  /**
   * Benchmarks that run together.
   *
   * @param flags of their forks
   * @param peers the values of their parameter, none if they have none
   */
  private record Group(List<String> flags, List<String> peers) {}

  private final Options options;
  private final Map<Group, List<String>> includesByGroup = new LinkedHashMap<>();

  /** The benchmarks that these options include. */
  public Selection(Options options) throws IOException {
    this.options = options;
    for (BenchmarkListEntry entry :
        BenchmarkList.defaultList()
            .find(
                OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT),
                options.getIncludes(),
                options.getExcludes())) {
      String include = "^" + Pattern.quote(entry.getUsername()) + "$";
      for (Group group : groups(entry.getParams().orElse(Map.of()).get(PEER))) {
        includesByGroup.computeIfAbsent(group, absent -> new ArrayList<>()).add(include);
      }
    }
  }

  private List<Group> groups(String @Nullable [] ownPeers) throws IOException {
    if (ownPeers == null) {
      return List.of(new Group(ForkFlags.ofStore(), List.of()));
    }
    Map<List<String>, List<String>> peersByFlags = new LinkedHashMap<>();
    for (String name : options.getParameter(PEER).orElse(Arrays.asList(ownPeers))) {
      peersByFlags
          .computeIfAbsent(ForkFlags.of(PeerKind.valueOf(name)), absent -> new ArrayList<>())
          .add(name);
    }
    return peersByFlags.entrySet().stream()
        .map(entry -> new Group(entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Runs them, and writes the file of results that the options ask for. */
  public Collection<RunResult> run() throws RunnerException, IOException {
    if (includesByGroup.isEmpty()) {
      // JMH says so.
      return new Runner(with(ForkFlags.ofStore(), List.of()).build()).run();
    }
    List<RunResult> results = new ArrayList<>();
    for (Map.Entry<Group, List<String>> entry : includesByGroup.entrySet()) {
      Group group = entry.getKey();
      ChainedOptionsBuilder builder = with(group.flags(), entry.getValue());
      if (!group.peers().isEmpty()) {
        builder.param(PEER, group.peers().toArray(String[]::new));
      }
      results.addAll(new Runner(builder.build()).run());
    }
    if (includesByGroup.size() > 1) {
      // Each of the runs above has printed its own part of the table.
      ResultFormatFactory.getInstance(ResultFormatType.TEXT, System.out).writeOut(results);
    }
    writeFile(results);
    return results;
  }

  private void writeFile(List<RunResult> results) {
    if (options.getResult().hasValue() || options.getResultFormat().hasValue()) {
      // Each run has written its own part there: this is the whole.
      ResultFormatType type = options.getResultFormat().orElse(Defaults.RESULT_FORMAT);
      String file =
          options
              .getResult()
              .orElse(Defaults.RESULT_FILE_PREFIX + "." + type.toString().toLowerCase(Locale.ROOT));
      ResultFormatFactory.getInstance(type, file).writeOut(results);
    }
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
