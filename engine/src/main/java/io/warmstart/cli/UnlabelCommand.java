package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes labels from a key. */
@Command(
    name = "unlabel",
    header = "Takes labels from a key.",
    description = {
      "%nAll of the key's labels, or those that are named; text is the name that text:NAME gave."
          + " Exit code 1 if it had none of them.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart unlabel /tmp/fits text:digits",
      "  warmstart unlabel /tmp/fits text:digits solver"
    })
final class UnlabelCommand extends CommandOnKey {
  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "NAME",
      description = "The labels' names. Default: all.")
  List<String> names = List.of();

  UnlabelCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openExisting()) {
      int removed = 0;
      for (String each : names.isEmpty() ? store.contents(key).labels().keySet() : names) {
        removed += store.unlabel(key, each) ? 1 : 0;
      }
      output.answer(new Unlabelled(key, removed));
      return removed > 0 ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
    }
  }

  private record Unlabelled(Fingerprint key, int unlabelled) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(
          unlabelled == 0
              ? "no such label of key " + key.toHex()
              : "took away " + Quantities.count(unlabelled, "label", "labels"));
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeNumberField("unlabelled", unlabelled);
    }
  }
}
