package io.warmstart.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. {@code java -jar warmstart.jar --help} says what it can do.
 *
 * <p>Exit codes: 0 done, 1 a miss or a problem was found, 2 wrong use, 3 an error. An error is one
 * line on standard error.
 */
@Command(
    name = "warmstart",
    versionProvider = Main.Version.class,
    synopsisHeading = "Usage: ",
    customSynopsis = "warmstart COMMAND ROOT ... [--json] [--ttl TIME] [--budget SIZE]",
    description = {
      "%nA store of warm starts: fits save checkpoints under a key, later or parallel fits start"
          + " from the best or the latest. Any number of processes share one root directory.%n"
    },
    commandListHeading = "%nCommands:%n",
    optionListHeading = "Options:%n",
    footer = {
      "%nROOT is the directory that holds the store; save, claim and a policy that is set make it,",
      "of a missing or an empty directory.",
      "KEY is 64 lowercase hex digits, the SHA-256 of what makes two fits the same, or text:NAME.",
      "%nA first try:",
      "  alias warmstart='java -jar engine/target/warmstart.jar'",
      "  echo 'hello' | warmstart save /tmp/fits text:first - --objective 1.5",
      "  warmstart lookup /tmp/fits text:first --out -",
      "  warmstart ls /tmp/fits",
      "%nExit codes: 0 done, 1 a miss or a problem was found, 2 wrong use, 3 an error.",
      "An error is one line on standard error; WARMSTART_TRACE=1 adds its stack trace.",
      "warmstart COMMAND --help tells more about a command."
    })
public final class Main implements Callable<Integer> {
  static final String TRACE_VARIABLE = "WARMSTART_TRACE";

  /** In the order of the help. */
  private static final Map<String, Function<Streams, Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("save", SaveCommand::new);
    COMMANDS.put("lookup", LookupCommand::new);
    COMMANDS.put("explain", ExplainCommand::new);
    COMMANDS.put("ls", ListCommand::new);
    COMMANDS.put("rm", RemoveCommand::new);
    COMMANDS.put("pin", PinCommand::new);
    COMMANDS.put("unpin", UnpinCommand::new);
    COMMANDS.put("claim", ClaimCommand::new);
    COMMANDS.put("label", LabelCommand::new);
    COMMANDS.put("unlabel", UnlabelCommand::new);
    COMMANDS.put("stat", StatCommand::new);
    COMMANDS.put("verify", VerifyCommand::new);
    COMMANDS.put("restore", RestoreCommand::new);
    COMMANDS.put("evict", EvictCommand::new);
    COMMANDS.put("policy", PolicyCommand::new);
    COMMANDS.put("sync", SyncCommand::new);
    COMMANDS.put("remote", RemoteCommand::new);
    COMMANDS.put("key", KeyCommand::new);
    COMMANDS.put(
        "completion", streams -> new CompletionCommand(streams, () -> withAllCommands(streams)));
  }

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  boolean version;

  @Spec CommandSpec spec;

  private final Streams streams;
  private final boolean trace;

  private Main(Streams streams, boolean trace) {
    this.streams = streams;
    this.trace = trace;
  }

  /** Runs the command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    routeLogging();
    Streams streams = Streams.ofProcess();
    LogNotes.tell(new Output(streams, isJson(args)));
    // A thread of the engine that fails must not print its stack trace between our lines.
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> new Output(streams, isJson(args)).error(Failure.of(thrown)));
    boolean trace = "1".equals(System.getenv(TRACE_VARIABLE));
    System.exit(run(args, streams, trace));
  }

  /**
   * A library that logs through the JDK would write between our lines; what the store itself says
   * is for the user. A configuration class, unlike a handler, costs nothing until somebody logs.
   */
  private static void routeLogging() {
    String byClass = "java.util.logging.config.class";
    if (System.getProperty(byClass) == null
        && System.getProperty("java.util.logging.config.file") == null) {
      System.setProperty(byClass, LogNotes.Configuration.class.getName());
    }
  }

  /** Runs a command. */
  static int run(String[] args, Streams streams, boolean trace) {
    return new Main(streams, trace).run(withHelpBehind(args));
  }

  /** The model of the whole command line. */
  static CommandLine withAllCommands(Streams streams) {
    return new Main(streams, false).commandLine(new String[0]);
  }

  /**
   * As people ask for it elsewhere: {@code help save} for {@code save --help}, and {@code version}.
   */
  private static String[] withHelpBehind(String[] args) {
    if (args.length == 1 && args[0].equals("version")) {
      return new String[] {"--version"};
    }
    if (args.length == 0 || args.length > 2 || !args[0].equals("help")) {
      return args;
    }
    return args.length == 1 ? new String[] {"--help"} : new String[] {args[1], "--help"};
  }

  private int run(String[] args) {
    try {
      return commandLine(args).execute(args);
    } catch (Throwable e) {
      // Errors: picocli hands on only exceptions.
      return failed(Failure.of(e), e, args);
    }
  }

  private CommandLine commandLine(String[] args) {
    CommandLine commandLine = new CommandLine(this);
    // Building a command's model takes longer than running it: only the one that was named.
    @Nullable Function<Streams, Object> named = args.length == 0 ? null : COMMANDS.get(args[0]);
    if (named != null) {
      commandLine.addSubcommand(args[0], named.apply(streams));
    } else {
      COMMANDS.forEach((name, command) -> commandLine.addSubcommand(name, command.apply(streams)));
    }
    for (CommandLine command : commandLine.getSubcommands().values()) {
      command
          .getCommandSpec()
          .usageMessage()
          .synopsisHeading("%nUsage: ")
          .abbreviateSynopsis(true)
          .sortOptions(false);
    }
    return commandLine
        // An argument such as @file stands for itself.
        .setExpandAtFiles(false)
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(streams.outIsTerminal() ? Ansi.AUTO : Ansi.OFF))
        .setOut(new PrintWriter(streams.out(), true, streams.charset()))
        .setParameterExceptionHandler((e, given) -> failed(wrongUse(e, args), e, args))
        .setExecutionExceptionHandler((e, line, parsed) -> failed(Failure.of(e), e, args));
  }

  /** Without a command. */
  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(),
        "command: expected=" + String.join("|", commandNames()) + " actual=none");
  }

  static Set<String> commandNames() {
    return COMMANDS.keySet();
  }

  private static Failure wrongUse(ParameterException e, String[] args) {
    String message = String.valueOf(e.getMessage());
    if (e.getCause() instanceof TypeConversionException) {
      // Names the thing; picocli would name its place on the line too.
      message = String.valueOf(e.getCause().getMessage());
    } else if (e instanceof UnmatchedArgumentException && e.getCommandLine().getParent() == null) {
      message =
          "command: expected="
              + String.join("|", commandNames())
              + " actual="
              + Page.quoted(args[0]);
    }
    return Failure.wrongUse(
        message + " (see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
  }

  /** Asked of the words themselves: when they are wrong there are no options yet. */
  private static boolean isJson(String[] args) {
    List<String> words = Arrays.asList(args);
    // Behind it stand those of another program.
    int end = words.indexOf("--");
    return (end < 0 ? words : words.subList(0, end)).contains(CommonOptions.JSON);
  }

  private int failed(Failure failure, Throwable thrown, String[] args) {
    new Output(streams, isJson(args)).error(failure);
    if (trace) {
      thrown.printStackTrace(new PrintStream(streams.err(), true, streams.charset()));
    }
    return failure.exitCode();
  }

  /** The version of the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      @Nullable String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "warmstart " + (version == null ? "(not run from its jar)" : version),
        "on Java " + Runtime.version()
      };
    }
  }
}
