package io.warmstart.cli;

import io.warmstart.WarmStartStore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Saves a payload. */
@Command(
    name = "save",
    header = "Saves a file under a key and prints the run id.",
    description = {
      "%nWhen it returns, the entry survives a power cut. The root is made if it is missing, and"
          + " what is missing above it. What it has evicted to keep the root within its budget, it"
          + " tells on standard error.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart save /tmp/fits text:digits model.bin --objective 1.5 --iteration 7",
      "  warmstart save /tmp/fits text:digits model.bin --kind final --run-id my-run",
      "  gzip -c model.bin | warmstart save /tmp/fits text:digits -"
    })
final class SaveCommand extends RootCommand {
  private static final String STANDARD_INPUT = "-";

  @Parameters(
      index = "1",
      paramLabel = "KEY",
      converter = Arguments.KeyArgument.class,
      description = "64 lowercase hex digits, or text:NAME.")
  Fingerprint key;

  @Parameters(
      index = "2",
      paramLabel = "FILE",
      converter = Arguments.PathArgument.class,
      description = "The payload; - reads standard input. It is read whole into memory.")
  Path file;

  @Option(
      order = 1,
      names = "--objective",
      paramLabel = "X",
      converter = Arguments.ObjectiveArgument.class,
      description = "The objective reached; lower is better.")
  @Nullable Double objective;

  @Option(
      order = 2,
      names = "--iteration",
      paramLabel = "N",
      converter = Arguments.IterationArgument.class,
      description = "The iteration, 0 to 18446744073709551615.")
  @Nullable Long iteration;

  @Option(
      order = 3,
      names = "--kind",
      paramLabel = "KIND",
      defaultValue = "checkpoint",
      converter = Arguments.KindArgument.class,
      description = "checkpoint or final. Default: checkpoint.")
  EntryKind kind;

  @Option(
      order = 4,
      names = "--run-id",
      paramLabel = "ID",
      converter = Arguments.RunIdArgument.class,
      description = "Save under this run id, in place of what it has. Default: a fresh one.")
  @Nullable String runId;

  SaveCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    try (PayloadInput payload =
            file.toString().equals(STANDARD_INPUT)
                ? PayloadInput.ofStream(streams.in())
                : PayloadInput.ofFile(file);
        WarmStartStore store = openOrCreate()) {
      String saved = save(store, payload);
      output.answer(new Saved(key, saved, attributes(), payload.length()));
      if (store.contents(key).entries().stream().noneMatch(each -> each.runId().equals(saved))) {
        output.note(
            "the entry has been evicted already, by another's sweep: payload="
                + Quantities.exactSize(payload.length())
                + " run id="
                + saved);
      }
      noteNames(store, output);
      return ExitCodes.DONE;
    }
  }

  private String save(WarmStartStore store, PayloadInput payload) {
    if (runId == null) {
      return store.save(key, payload.payload(), attributes());
    }
    store.saveOverwrite(key, runId, payload.payload(), attributes());
    return runId;
  }

  private EntryAttributes attributes() {
    EntryAttributes attributes =
        kind == EntryKind.FINAL ? EntryAttributes.finalResult() : EntryAttributes.checkpoint();
    if (objective != null) {
      attributes = attributes.withObjective(objective);
    }
    return iteration == null ? attributes : attributes.withIteration(iteration);
  }

  private record Saved(Fingerprint key, String runId, EntryAttributes attributes, long payloadBytes)
      implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(runId);
    }

    @Override
    public void writeJson(com.fasterxml.jackson.core.JsonGenerator json)
        throws java.io.IOException {
      json.writeStringField("key", key.toHex());
      json.writeStringField("run_id", runId);
      json.writeStringField("kind", Quantities.word(attributes.kind()));
      Json.objective(json, attributes.objective());
      Json.iteration(json, attributes.iteration());
      json.writeNumberField("payload_bytes", payloadBytes);
    }
  }
}
