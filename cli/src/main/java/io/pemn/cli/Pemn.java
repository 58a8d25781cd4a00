package io.pemn.cli;

import ai.djl.engine.EngineException;
import io.pemn.compressor.search.TargetMissedException;
import io.pemn.format.PemnFormatException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top-level command. */
@Command(
    name = "pemn",
    description = {
      "Ships neural networks as a seed, a short prototype vector and learned binary masks.",
      ""
    },
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CompressCommand.class,
      PackCommand.class,
      UnpackCommand.class,
      InspectCommand.class,
      VerifyCommand.class,
      KeygenCommand.class,
      SignCommand.class,
      EvalCommand.class,
      CompareCommand.class,
      SweepCommand.class,
      SweepRunCommand.class,
      DataCommand.class,
      BenchCommand.class,
      DoctorCommand.class,
      PlotCommand.class,
      DemoCommand.class,
      GenerateCompletion.class,
      CommandLine.HelpCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it could not be done: the sentence on standard error says why",
      "2:the command line is wrong",
      "3:the target of --target-size, --target-ratio or --max-drop cannot be met",
      "4:--trust is given, and no trusted key signed what was to be read",
      "70:a fault of pemn itself",
      "130:interrupted (143: by SIGTERM)"
    },
    footerHeading = "%nBegin with:%n",
    footer = "  pemn demo")
public final class Pemn implements Runnable {
  private static final String POOL = "java.util.concurrent.ForkJoinPool.common.parallelism";

  /** Exit code of what could not be done. */
  static final int FAILURE = 1;

  /** Exit code where a target cannot be met. */
  static final int MISSED = 3;

  /** Exit code where a signature is asked for and none is good. */
  static final int NOT_TRUSTED = 4;

  /** Exit code of a fault of pemn itself (EX_SOFTWARE of sysexits.h). */
  static final int FAULT = 70;

  private static final String OUT_OF_MEMORY =
      "pemn ran out of memory; allow it more with PEMN_JAVA_OPTS=-Xmx8g, or ask for less.";

  /** What PyTorch's allocator of the CPU says. */
  private static final Pattern ENGINE_OUT_OF_MEMORY =
      Pattern.compile("DefaultCPUAllocator: (not enough|can't allocate) memory");

  @Spec private CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of what goes wrong.")
  private boolean verbose;

  /** Runs pemn and exits. */
  public static void main(String[] args) {
    int exitCode;
    useAsManyThreadsAsTheEngine();
    try {
      // Not System.out, which would not tell the commands' writers that it could not write.
      PrintWriter out = new PrintWriter(new FileOutputStream(FileDescriptor.out));
      exitCode = commandLine().setOut(out).execute(args);
      if (out.checkError() && exitCode == 0) {
        System.err.println(
            "The result could not be written to standard output; is its disk full, or its reader"
                + " gone?");
        exitCode = FAILURE;
      }
    } catch (VirtualMachineError | LinkageError e) {
      PrintWriter err = new PrintWriter(System.err, true);
      if (List.of(args).contains("--verbose")) {
        e.printStackTrace(err);
      }
      exitCode = explainError(e, err);
    }
    System.exit(exitCode);
  }

  /** Loops of pemn's own run in the JVM's common pool, beside the thread that waits for them. */
  private static void useAsManyThreadsAsTheEngine() {
    Integer threads = Integer.getInteger("ai.djl.pytorch.num_threads");
    if (threads != null && threads > 0 && System.getProperty(POOL) == null) {
      System.setProperty(POOL, Integer.toString(threads - 1));
    }
  }

  /** Says what is wrong with the machine, or with pemn, and returns the exit code. */
  static int explainError(Error e, PrintWriter err) {
    waitIfEnding();
    if (e instanceof OutOfMemoryError) {
      err.println(OUT_OF_MEMORY);
      return FAILURE;
    }
    err.println(
        e instanceof StackOverflowError
            ? "This is a fault of pemn: something is nested too deeply for the stack;"
                + " PEMN_JAVA_OPTS=-Xss64m may help."
            : "This is a fault of pemn: " + e + "; run again with --verbose.");
    return FAULT;
  }

  /**
   * Does not return if the program has been interrupted: what fails then fails because of that, and
   * is nobody's concern.
   */
  private static void waitIfEnding() {
    Thread probe = new Thread(() -> {}, "pemn-probe");
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
    } catch (IllegalStateException e) {
      while (true) {
        LockSupport.park();
      }
    }
  }

  /** The whole command line, ready to execute. */
  static CommandLine commandLine() {
    Pemn pemn = new Pemn();
    CommandLine commandLine =
        new CommandLine(pemn)
            .setParameterExceptionHandler(Pemn::explainUsage)
            .setExecutionStrategy(new GivenOnce())
            .setExecutionExceptionHandler(pemn::explainFailure);
    commandLine
        .getSubcommands()
        .get("generate-completion")
        .getCommandSpec()
        .usageMessage()
        .description("Write a completion script for bash and zsh to standard output.");
    return commandLine;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "A command is missing.");
  }

  private static int explainUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    ArgSpec argument = e.getArgSpec();
    if (argument != null && argument.typeInfo().isEnum() && e.getValue() != null) {
      err.printf(
          "There is no %s '%s'; use one of %s.%n",
          argument.isOption() ? ((OptionSpec) argument).longestName() : argument.paramLabel(),
          e.getValue(),
          String.join(", ", argument.typeInfo().getEnumConstantNames()));
    } else {
      err.println(e.getMessage());
    }
    err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private int explainFailure(Exception e, CommandLine command, ParseResult parsed) {
    waitIfEnding();
    PrintWriter err = command.getErr();
    if (verbose) {
      e.printStackTrace(err);
    }
    Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
    if (cause instanceof IOException || cause instanceof IllegalArgumentException) {
      err.println(Printable.of(sentence(cause)));
      return cause instanceof TargetMissedException
          ? MISSED
          : cause instanceof PemnFormatException.NotTrusted ? NOT_TRUSTED : FAILURE;
    }
    if (isOutOfMemory(cause)) {
      err.println(OUT_OF_MEMORY);
      return FAILURE;
    }
    if (cause instanceof EngineException) {
      err.println(
          Printable.of("The PyTorch engine failed: " + cause.getMessage())
              + "; if its natives cannot be unpacked, free space or set DJL_CACHE_DIR.");
      return FAILURE;
    }
    err.println(
        "This is a fault of pemn: " + cause + (verbose ? "" : "; run again with --verbose."));
    return FAULT;
  }

  /** Of this thread, of another one that worked for it, or of the engine. */
  private static boolean isOutOfMemory(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError
          || cause instanceof EngineException
              && ENGINE_OUT_OF_MEMORY.matcher(String.valueOf(cause.getMessage())).find()) {
        return true;
      }
    }
    return false;
  }

  private static String sentence(Throwable cause) {
    if (cause instanceof AccessDeniedException denied) {
      return "No permission to use " + denied.getFile() + "; check its permissions.";
    }
    if (cause instanceof FileSystemException e && e.getReason() != null) {
      return e.getFile() + ": " + e.getReason() + ".";
    }
    String message = String.valueOf(cause.getMessage());
    // The system's own exceptions say a path and no more; those of pemn say a sentence.
    if (cause instanceof FileSystemException && !message.endsWith(".")) {
      return cause instanceof FileAlreadyExistsException
          ? message + " is there already, and is something else; move it away."
          : message + " is not there, or cannot be made there; choose another place.";
    }
    return message;
  }
}
