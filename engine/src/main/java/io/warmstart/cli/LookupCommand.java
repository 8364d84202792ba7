package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Entry;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Ranking;
import io.warmstart.model.RemoteOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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
      "  warmstart lookup /tmp/fits text:digits --out - | sha256sum"
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

  LookupCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    boolean toStandardOutput = out != null && out.toString().equals(STANDARD_OUTPUT);
    RemoteOptions asked = remote == null ? null : remote.withReadOnly(true);
    try (WarmStartStore store = openForReading(output, asked)) {
      if (runId == null) {
        store.refresh(key);
      }
      Optional<Entry> found = runId == null ? store.lookup(key, ranking) : store.lookup(key, runId);
      Ranking chosenBy = runId == null ? ranking : null;
      Answer answer;
      if (found.isEmpty()) {
        answer = new Miss(root, key, chosenBy);
      } else {
        try (Entry entry = found.get()) {
          if (toStandardOutput) {
            PayloadOutput.toStream(entry, streams.out());
          } else if (out != null) {
            PayloadOutput.toFile(entry, out);
          }
          answer = Hit.of(key, chosenBy, entry, store.options().clock().nanoTime(), out);
        }
      }
      if (toStandardOutput) {
        output.answerBesidePayload(answer);
      } else {
        output.answer(answer);
      }
      noteRemote(store, output);
      return found.isPresent() ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Miss(Path root, Fingerprint key, @Nullable Ranking ranking) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line("miss: no entry to start from under key " + key.toHex());
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
      long nowUnixNanos,
      @Nullable Path out)
      implements Answer {

    static Hit of(
        Fingerprint key,
        @Nullable Ranking ranking,
        Entry entry,
        long nowUnixNanos,
        @Nullable Path out) {
      return new Hit(key, ranking, EntryFacts.of(entry), nowUnixNanos, out);
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
      if (out == null) {
        json.writeNullField("out");
      } else {
        json.writeStringField("out", out.toString());
      }
    }
  }
}
