package io.warmstart.cli;

import io.warmstart.WarmStartStore;
import io.warmstart.model.Acknowledgement;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EntryKind;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Namespace;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
      "  warmstart save /tmp/fits text:digits model.bin --label solver=fista",
      "  warmstart save /tmp/fits text:digits model.bin --remote s3://bucket/fits --acknowledge remote",
      "  warmstart save /tmp/fits text:digits model.bin --namespace team",
      "  gzip -c model.bin | warmstart save /tmp/fits text:digits -"
    })
final class SaveCommand extends CommandOnKey {
  private static final String STANDARD_INPUT = "-";

  /** The label that is the NAME of text:NAME. */
  static final String TEXT_LABEL = "text";

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

  @Option(
      order = 5,
      names = "--label",
      paramLabel = "NAME=VALUE",
      converter = Arguments.LabelArgument.class,
      description =
          "A label for the key, which ls shows; may be given again. text:NAME is one, if it can be, and --namespace.")
  List<Arguments.Label> labels = List.of();

  @Option(
      order = 6,
      names = "--remote",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description =
          "Have it, and all that waits to, go there as well: s3://BUCKET/PREFIX or"
              + " file:///DIRECTORY. If it does not"
              + " within ten seconds, that is told, and a later command with --remote sends it.")
  @Nullable RemoteOptions remote;

  @Option(
      order = 7,
      names = "--acknowledge",
      paramLabel = "WHERE",
      defaultValue = "local",
      converter = Arguments.AcknowledgementArgument.class,
      description =
          "local or remote. With remote: the entry goes there before all that waits, and exit code"
              + " 1 says that it is saved here and not known to be there. Default: local.")
  Acknowledgement acknowledge;

  @Spec CommandSpec spec;

  SaveCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) {
    requireOwnLabels();
    if (acknowledge == Acknowledgement.REMOTE && remote == null) {
      throw new ParameterException(
          spec.commandLine(), "--acknowledge remote: expected=--remote too actual=no --remote");
    }
    Fingerprint key = key();
    try (PayloadInput payload =
            file.toString().equals(STANDARD_INPUT)
                ? PayloadInput.ofStream(streams.in())
                : PayloadInput.ofFile(file);
        WarmStartStore store = openOrCreate(remote)) {
      String saved = save(store, key, payload);
      Acknowledgement known = store.acknowledgement(key, saved);
      // Before the answer, which may find nobody to hear it.
      label(store, key, output);
      output.answer(new Saved(key, saved, attributes(), payload.length(), known));
      noteIfGone(store, key, saved, payload.length(), output);
      noteNames(store, output);
      return sent(store, known, output);
    }
  }

  /** The save is done: a look that fails is told, and no more. */
  private static void noteIfGone(
      WarmStartStore store, Fingerprint key, String saved, long length, Output output) {
    try {
      if (store.contents(key).entries().stream().noneMatch(each -> each.runId().equals(saved))) {
        output.note(
            "the entry has been evicted already, by another's sweep: payload="
                + Quantities.exactSize(length)
                + " run id="
                + saved);
      }
    } catch (StoreException e) {
      output.note("whether it is there still cannot be seen: " + e.getMessage());
    }
  }

  private int sent(WarmStartStore store, Acknowledgement known, Output output) {
    if (remote == null) {
      return ExitCodes.DONE;
    }
    boolean asked = acknowledge == Acknowledgement.REMOTE;
    // If the remote was asked to acknowledge it, what else waits goes when the store is closed.
    if (asked ? known == Acknowledgement.REMOTE : store.flushRemote(remote.flushWait())) {
      return ExitCodes.DONE;
    }
    output.note("the entry is saved here, and not in the remote yet: remote=" + remote.url());
    return asked ? ExitCodes.MISS_OR_PROBLEM : ExitCodes.DONE;
  }

  private void requireOwnLabels() {
    for (Arguments.Label each : labels) {
      if (each.name().equals(Namespace.LABEL)
          || (each.name().equals(TEXT_LABEL) && word.text() != null)) {
        throw new ParameterException(
            spec.commandLine(),
            "--label: expected=a name that the key does not give actual=" + each.name());
      }
    }
  }

  /** The save is done: what cannot be labelled is told, and no more. */
  private void label(WarmStartStore store, Fingerprint key, Output output) {
    List<Arguments.Label> all = new ArrayList<>();
    if (word.text() != null && Arguments.isLabel(TEXT_LABEL, word.text())) {
      all.add(new Arguments.Label(TEXT_LABEL, word.text()));
    }
    if (namespaced.namespace != null) {
      all.add(new Arguments.Label(Namespace.LABEL, namespaced.namespace.name()));
    }
    // Last: if they are too many, what ls goes by is there.
    all.addAll(labels);
    for (Arguments.Label each : all) {
      try {
        store.label(key, each.name(), each.value());
      } catch (StoreException e) {
        output.note("saved, and the key was not labelled: " + e.getMessage());
      }
    }
  }

  private String save(WarmStartStore store, Fingerprint key, PayloadInput payload) {
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
    if (iteration != null) {
      attributes = attributes.withIteration(iteration);
    }
    return attributes.withAcknowledgement(acknowledge);
  }

  private record Saved(
      Fingerprint key,
      String runId,
      EntryAttributes attributes,
      long payloadBytes,
      Acknowledgement known)
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
      if (attributes.acknowledgement() == Acknowledgement.REMOTE) {
        json.writeStringField("acknowledged", Quantities.word(known));
      }
    }
  }
}
