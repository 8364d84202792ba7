package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Looks up the entry to start from. */
@Command(
    name = "lookup",
    header = "Finds the entry to start from.",
    description = {
      "%nPrints its facts, and writes its payload where --out says. A hit counts as an access and"
          + " puts off expiry and eviction. Exit code 1 is a miss; then nothing is written.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart lookup /tmp/fits text:digits",
      "  warmstart lookup /tmp/fits text:digits --ranking latest --out model.bin",
      "  warmstart lookup /tmp/fits text:digits --run-id my-run",
      "  warmstart lookup /tmp/fits text:digits --out - | sha256sum",
      "  warmstart lookup /tmp/fits text:digits --seed /tmp/nightly",
      "  warmstart lookup /tmp/fits text:digits --namespace mine --seed-namespace team"
    })
final class LookupCommand extends CommandOnKey {
  private static final String STANDARD_OUTPUT = "-";

  @Option(
      order = 1,
      names = "--ranking",
      paramLabel = "RANKING",
      defaultValue = "lowest-objective",
      converter = Arguments.RankingArgument.class,
      description = "lowest-objective, latest or final-first. Default: lowest-objective.")
  Ranking ranking;

  @Option(
      order = 2,
      names = "--run-id",
      paramLabel = "ID",
      converter = Arguments.RunIdArgument.class,
      description = "The entry of this run, however it ranks.")
  @Nullable String runId;

  @Option(
      order = 3,
      names = "--out",
      paramLabel = "FILE",
      converter = Arguments.PathArgument.class,
      description = {
        "Write the payload to FILE, whole or not at all;",
        "- is standard output, then the facts go to standard error."
      })
  @Nullable Path out;

  @Option(
      order = 4,
      names = "--remote",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description =
          "Ask there first for something better, for two seconds at most:"
              + " s3://BUCKET/PREFIX or file:///DIRECTORY.")
  @Nullable RemoteOptions remote;

  @Option(
      order = 5,
      names = "--seed",
      paramLabel = "ROOT",
      converter = Arguments.PathArgument.class,
      description =
          "Another root, which must exist, to look in if ROOT has no entry; nothing is written to it."
              + " May be given again; they are searched in the order given.")
  List<Path> seeds = List.of();

  @Option(
      order = 6,
      names = "--seed-namespace",
      paramLabel = "NAME",
      converter = Arguments.NamespaceArgument.class,
      description =
          "Another namespace, to look in if this one has no entry: in ROOT and then in each --seed."
              + " May be given again; they are searched in the order given.")
  List<Namespace> seedNamespaces = List.of();

  @Spec CommandSpec spec;

  LookupCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Map<Fingerprint, Optional<Namespace>> keys = keys();
    Fingerprint key = key();
    RemoteOptions asked = remote == null ? null : remote.withReadOnly(true);
    requireOtherRoots();
    try (WarmStartStore store = openForReading(output, asked, seeds)) {
      Optional<Entry> found = find(store, key, keys.keySet(), output);
      Answer answer =
          found.isEmpty()
              ? new Miss(root, key, chosenBy(), seeds, seedNamespaces)
              : writtenOut(found.get(), store, keys);
      if (isToStandardOutput()) {
        output.answerBesidePayload(answer);
      } else {
        output.answer(answer);
      }
      noteRemote(store, output);
      return found.isPresent() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private @Nullable Ranking chosenBy() {
    return runId == null ? ranking : null;
  }

  private boolean isToStandardOutput() {
    return out != null && out.toString().equals(STANDARD_OUTPUT);
  }

  private Answer writtenOut(
      Entry found, WarmStartStore store, Map<Fingerprint, Optional<Namespace>> keys) {
    try (Entry entry = found) {
      if (isToStandardOutput()) {
        PayloadOutput.toStream(entry, streams.out());
      } else if (out != null) {
        PayloadOutput.toFile(entry, out);
      }
      return Hit.of(
          key(),
          chosenBy(),
          entry,
          SeedFacts.of(entry, store, key(), keys.getOrDefault(entry.key(), Optional.empty())),
          store.options().clock().nanoTime(),
          out);
    }
  }

  /** In the order of the looks; each with its namespace, if it is in one. */
  private Map<Fingerprint, Optional<Namespace>> keys() {
    Map<Fingerprint, Optional<Namespace>> keys = new LinkedHashMap<>();
    keys.put(key(), Optional.ofNullable(namespaced.namespace));
    for (Namespace seed : seedNamespaces) {
      if (seed.equals(namespaced.namespace)) {
        throw new ParameterException(
            spec.commandLine(), "--seed-namespace: expected=not --namespace actual=" + seed);
      }
      keys.putIfAbsent(namespaced.key(word, "--seed-namespace", seed), Optional.of(seed));
    }
    return keys;
  }

  private void requireOtherRoots() {
    for (Path each : seeds) {
      try {
        if (Files.isSameFile(each, root)) {
          throw new ParameterException(
              spec.commandLine(), "--seed: expected=not ROOT actual=" + each);
        }
      } catch (IOException e) {
        // Which of them is missing, opening them tells.
      }
    }
  }

  /** The first that has an entry; a seed that cannot be read counts as none. */
  private Optional<Entry> find(
      WarmStartStore store, Fingerprint own, Collection<Fingerprint> keys, Output output) {
    for (Fingerprint each : keys) {
      try {
        Optional<Entry> found = find(store, each);
        if (found.isPresent()) {
          return found;
        }
      } catch (StoreException e) {
        if (each.equals(own)) {
          throw e;
        }
        output.note("a seed cannot be read, and counts as none: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  private Optional<Entry> find(WarmStartStore store, Fingerprint each) {
    if (runId != null) {
      return store.lookup(each, runId);
    }
    store.refresh(each);
    return store.lookup(each, ranking);
  }

  private record Miss(
      Path root,
      Fingerprint key,
      @Nullable Ranking ranking,
      List<Path> seeds,
      List<Namespace> seedNamespaces)
      implements Answer {
    @Override
    public void writeText(Page page) {
      page.line("miss: no entry to start from under key " + key.toHex());
      seedNamespaces.forEach(each -> page.line("nor in namespace " + each));
      seeds.forEach(each -> page.line("nor in " + each));
      page.line(
          "what lies there, and why it does not count: warmstart explain "
              + root
              + " "
              + key.toHex());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeBooleanField("hit", false);
      json.writeStringField("key", key.toHex());
      writeRanking(json, ranking);
    }
  }

  /** Null if a run was asked for. */
  private static void writeRanking(JsonGenerator json, @Nullable Ranking ranking)
      throws IOException {
    if (ranking == null) {
      json.writeNullField("ranking");
    } else {
      json.writeStringField("ranking", Quantities.word(ranking));
    }
  }

  private record Hit(
      Fingerprint key,
      @Nullable Ranking ranking,
      EntryFacts facts,
      @Nullable SeedFacts seed,
      long nowUnixNanos,
      @Nullable Path out)
      implements Answer {

    static Hit of(
        Fingerprint key,
        @Nullable Ranking ranking,
        Entry entry,
        @Nullable SeedFacts seed,
        long nowUnixNanos,
        @Nullable Path out) {
      return new Hit(key, ranking, EntryFacts.of(entry), seed, nowUnixNanos, out);
    }

    @Override
    public void writeText(Page page) {
      List<Page.Fact> lines = new ArrayList<>();
      lines.add(new Page.Fact("key", key.toHex()));
      lines.add(new Page.Fact("run id", facts.runId()));
      lines.add(new Page.Fact("kind", Quantities.word(facts.kind())));
      lines.add(new Page.Fact("objective", Quantities.objective(facts.objective())));
      lines.add(new Page.Fact("iteration", Quantities.iteration(facts.iteration())));
      lines.add(new Page.Fact("payload", Quantities.exactSize(facts.payloadBytes())));
      lines.add(
          new Page.Fact(
              "written",
              Quantities.moment(facts.writtenUnixSecs(), facts.writtenNanos())
                  + " ("
                  + Quantities.ago(facts.writtenUnixSecs(), facts.writtenNanos(), nowUnixNanos)
                  + ")"));
      lines.add(
          new Page.Fact("chosen by", ranking == null ? "its run id" : Quantities.word(ranking)));
      if (seed != null) {
        seed.addTo(lines);
      }
      if (out != null) {
        lines.add(
            new Page.Fact(
                "payload to",
                out.toString().equals(STANDARD_OUTPUT) ? "standard output" : out.toString()));
      }
      page.facts(lines);
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeBooleanField("hit", true);
      json.writeStringField("key", key.toHex());
      writeRanking(json, ranking);
      facts.writeJson(json);
      SeedFacts.writeJson(json, seed);
      if (out == null) {
        json.writeNullField("out");
      } else {
        json.writeStringField("out", out.toString());
      }
    }
  }
}
