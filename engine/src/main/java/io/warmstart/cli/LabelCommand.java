package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.WarmStartStore;
import io.warmstart.model.Fingerprint;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Gives a key labels. */
@Command(
    name = "label",
    header = "Gives a key labels, which ls shows.",
    description = {
      "%nA label says to people what a key is; the store does nothing by it. What is saved under"
          + " text:NAME has the label text already. Labels outlive the key's entries, by the TTL"
          + " since they were last given.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart label /tmp/fits text:digits solver=fista rows=1797",
    })
final class LabelCommand extends CommandOnKey {
  @Parameters(
      index = "2..*",
      arity = "1..*",
      paramLabel = "NAME=VALUE",
      converter = Arguments.LabelArgument.class,
      description = "The labels, of which all are set or none; one of the same name is replaced.")
  List<Arguments.Label> labels;

  LabelCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    Fingerprint key = key();
    try (WarmStartStore store = openExisting()) {
      Map<String, String> given = new HashMap<>();
      labels.forEach(each -> given.put(each.name(), each.value()));
      output.answer(new Labelled(key, store.label(key, given)));
      return ExitCodes.DONE;
    }
  }

  private record Labelled(Fingerprint key, int labelled) implements Answer {
    @Override
    public void writeText(Page page) {
      page.line(Quantities.count(labelled, "label", "labels") + " set of key " + key.toHex());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeNumberField("labelled", labelled);
    }
  }
}
