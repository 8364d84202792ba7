package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Claim;
import io.warmstart.WarmStartStore;
import io.warmstart.model.ClaimOptions;
import io.warmstart.model.ClaimState;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.RemoteOptions;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command unless another computes the same. */
@Command(
    name = "claim",
    header = "Runs a command that computes a fit, unless another one does.",
    description = {
      "%nIf the key has a final result, there is nothing to compute: exit code 0, and the command"
          + " is not run. If another process has claimed the key, exit code 1; with --remote also one"
          + " on another machine that has the same remote. If the remote does not answer, or ignores"
          + " the condition that claims need, the command is not run, with the exit code of an error."
          + " Else the command is run with the claim held, and its exit code is this one's; what"
          + " finishes the key is a final result that it saves.%n",
      "SIGTERM, SIGINT and SIGHUP to this process reach the command as SIGTERM, if it has not ended"
          + " by itself within a second, as after Ctrl-C. The claim ends with this process, however"
          + " that ends, for other machines a lease after SIGKILL; after SIGKILL the command itself"
          + " goes on without one.%n"
    },
    footer = {
      "%nExamples:",
      "  warmstart claim /tmp/fits text:digits -- python3 fit.py --fold 3",
      "  warmstart claim /tmp/fits text:digits --wait 2h -- ./fit.sh",
      "  warmstart claim /tmp/fits text:digits --remote s3://lab/fits --lease 5m -- ./fit.sh"
    })
final class ClaimCommand extends CommandOnKey {
  @Parameters(
      index = "2..*",
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "What to run, and its arguments, behind a word of its own: --")
  List<String> command;

  @Option(
      order = 1,
      names = "--wait",
      paramLabel = "TIME",
      converter = Arguments.WaitArgument.class,
      defaultValue = "0",
      description =
          "How long to wait for the process that has it: seconds, or with a unit, s m h d w; not for a"
              + " remote that does not answer. Default: not at all.")
  Duration wait;

  @Option(
      order = 2,
      names = "--remote",
      paramLabel = "URL",
      converter = Arguments.RemoteArgument.class,
      description =
          "Claim the key there too, ask there whether it is finished, and have what the command saves"
              + " go there before the claim ends: s3://BUCKET/PREFIX or file:///DIRECTORY.")
  @Nullable RemoteOptions remote;

  @Option(
      order = 3,
      names = "--lease",
      paramLabel = "TIME",
      converter = Arguments.WaitArgument.class,
      description =
          "For how long other machines take the key to be claimed after the last sign of life, which"
              + " is given each third of that: 100 ms to 1 d. Default: 60 s.")
  @Nullable Duration lease;

  @Option(
      order = 4,
      names = "--alone",
      description =
          "While the remote does not answer, claim the key on this machine only, and run the"
              + " command.")
  boolean alone;

  @Spec CommandSpec spec;

  ClaimCommand(Streams streams) {
    super(streams);
  }

  @Override
  int run(Output output) throws InterruptedException {
    List<String> given = spec.commandLine().getParseResult().originalArgs();
    int dashes = given.indexOf("--");
    if (dashes < 0 || given.size() - dashes - 1 != command.size()) {
      // Options of the command that are ours too would be taken from it.
      throw new ParameterException(
          spec.commandLine(), "COMMAND: expected=-- before it actual=no --");
    }
    Fingerprint key = key();
    try (WarmStartStore store = openOrCreate(remote);
        Claim claim = store.claim(key, options())) {
      ClaimState state = claim.await(wait);
      if (state != ClaimState.MINE) {
        output.answerBesidePayload(new NotRun(key, state, claim.holder(), claim.holderElsewhere()));
        return state == ClaimState.FINISHED ? ExitCodes.DONE : ExitCodes.MISS_OR_PROBLEM;
      }
      if (claim.onThisMachineOnly()) {
        output.note("other machines may work on the root, and this claim does not bind them");
      }
      int exitCode = new ChildCommand(command).run();
      send(store, key, output);
      if (claim.lost()) {
        output.note("the claim was lost meanwhile: another may have computed the same");
      }
      return exitCode;
    }
  }

  /** The next holder of the key finds what the command has saved. */
  private void send(WarmStartStore store, Fingerprint key, Output output) {
    if (remote == null) {
      return;
    }
    try {
      SyncReport report = store.sync(remote, SyncDirection.PUSH, List.of(key), false);
      report.problems().forEach(each -> output.note("not in the remote yet: " + each));
    } catch (StoreException e) {
      output.note("what was saved is not in the remote yet: " + e.getMessage());
    }
  }

  private ClaimOptions options() {
    ClaimOptions options = ClaimOptions.defaults().withAloneIfUnanswered(alone);
    try {
      return lease == null ? options : options.withLease(lease);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--lease: " + String.valueOf(e.getMessage()), e);
    }
  }

  private record NotRun(
      Fingerprint key, ClaimState state, OptionalLong holder, Optional<String> elsewhere)
      implements Answer {
    @Override
    public void writeText(Page page) {
      String who =
          holder.isPresent()
              ? " by process " + holder.getAsLong()
              : elsewhere.map(each -> " by " + each).orElse("");
      page.line(
          (state == ClaimState.FINISHED ? "finished: key=" : "claimed" + who + ": key=")
              + key.toHex());
    }

    @Override
    public void writeJson(JsonGenerator json) throws IOException {
      json.writeStringField("key", key.toHex());
      json.writeStringField("state", Quantities.word(state));
      json.writeStringField("elsewhere", elsewhere.orElse(null));
      json.writeFieldName("holder");
      if (holder.isPresent()) {
        json.writeNumber(holder.getAsLong());
      } else {
        json.writeNull();
      }
    }
  }
}
