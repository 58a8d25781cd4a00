package io.pemn.cli;

import com.sun.jdi.AbsentInformationException;
import com.sun.jdi.Bootstrap;
import com.sun.jdi.Location;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.Connector;
import com.sun.jdi.connect.IllegalConnectorArgumentsException;
import com.sun.jdi.connect.ListeningConnector;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.ClassPrepareEvent;
import com.sun.jdi.event.Event;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.VMDeathEvent;
import com.sun.jdi.event.VMDisconnectEvent;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.ClassPrepareRequest;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.EventRequestManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Watches, as a debugger does, a process of pemn go through the code that writes files, and kills
 * it at the line that it is told to: before that line is run, and after the one before it.
 */
final class WritingCode {
  private static final List<String> CLASSES =
      List.of(
          "io.pemn.packager.AtomicFile*",
          "io.pemn.packager.Temporary*",
          "io.pemn.compressor.training.RunDirectory*",
          "io.pemn.compressor.training.MetricsLog",
          "io.pemn.compressor.table.RowFile",
          "io.pemn.compressor.sweep.SweepFolder");

  private static final int ACCEPT_MILLIS = 60_000;

  private WritingCode() {}

  /**
   * How far a process came.
   *
   * @param lines how many lines of the code that writes it reached
   * @param last the last of them
   * @param stopped the line at which something was done to it, if it came there
   * @param code its exit code
   */
  record Course(int lines, Optional<String> stopped, int code) {}

  /** What to do to a process that is stopped. */
  interface Action {
    void on(ChildPemn child) throws IOException, InterruptedException;
  }

  /** Runs pemn, and returns how many lines it reached. */
  static int run(Path logs, Object... arguments) throws IOException, InterruptedException {
    Course course = run(logs, line -> false, child -> {}, arguments);
    if (course.code() != 0) {
      throw new AssertionError("exit code " + course.code());
    }
    return course.lines();
  }

  /** Runs pemn and kills it at so many lines from the start, from 1, if it comes there. */
  static Course killAt(int line, Path logs, Object... arguments)
      throws IOException, InterruptedException {
    int[] reached = {0};
    return run(logs, place -> ++reached[0] == line, ChildPemn::kill, arguments);
  }

  /**
   * Runs pemn.
   *
   * @param where called for every line that is reached, such as {@code AtomicFile:17}, until it is
   *     the one
   */
  static Course run(Path logs, Predicate<String> where, Action action, Object... arguments)
      throws IOException, InterruptedException {
    ListeningConnector connector =
        Bootstrap.virtualMachineManager().listeningConnectors().stream()
            .filter(found -> found.name().equals("com.sun.jdi.SocketListen"))
            .findFirst()
            .orElseThrow();
    Map<String, Connector.Argument> settings = connector.defaultArguments();
    settings.get("localAddress").setValue("127.0.0.1");
    settings.get("timeout").setValue(Integer.toString(ACCEPT_MILLIS));
    try {
      String address = connector.startListening(settings);
      String port = address.substring(address.lastIndexOf(':') + 1);
      String agent =
          "-agentlib:jdwp=transport=dt_socket,server=n,suspend=y,address=127.0.0.1:" + port;
      try (ChildPemn child = ChildPemn.start(logs, List.of(), List.of(agent), arguments)) {
        VirtualMachine machine = connector.accept(settings);
        return watch(machine, child, where, action);
      } finally {
        connector.stopListening(settings);
      }
    } catch (IllegalConnectorArgumentsException e) {
      throw new AssertionError(e);
    }
  }

  private static Course watch(
      VirtualMachine machine, ChildPemn child, Predicate<String> where, Action action)
      throws IOException, InterruptedException {
    for (String type : CLASSES) {
      ClassPrepareRequest request = machine.eventRequestManager().createClassPrepareRequest();
      request.addClassFilter(type);
      request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
      request.enable();
    }
    int lines = 0;
    Optional<String> stopped = Optional.empty();
    try {
      for (boolean alive = true; alive; ) {
        EventSet events = machine.eventQueue().remove();
        for (Event event : events) {
          if (event instanceof ClassPrepareEvent prepared) {
            stopAtEveryLine(machine, prepared.referenceType());
          } else if (event instanceof BreakpointEvent reached && stopped.isEmpty()) {
            lines++;
            String place = reached.location().toString().replaceAll(".*\\.", "");
            if (where.test(place)) {
              stopped = Optional.of(place);
              // No other thread shall stop there: nobody would let it go on.
              EventRequestManager requests = machine.eventRequestManager();
              requests.deleteAllBreakpoints();
              requests.deleteEventRequests(requests.classPrepareRequests());
              action.on(child);
            }
          } else if (event instanceof VMDeathEvent || event instanceof VMDisconnectEvent) {
            alive = false;
          }
        }
        events.resume();
      }
    } catch (VMDisconnectedException e) {
      // It has ended, or is ending.
    }
    return new Course(lines, stopped, child.awaitEnd());
  }

  private static void stopAtEveryLine(VirtualMachine machine, ReferenceType type) {
    try {
      for (Location location : type.allLineLocations()) {
        BreakpointRequest request = machine.eventRequestManager().createBreakpointRequest(location);
        request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
        request.enable();
      }
    } catch (AbsentInformationException e) {
      // An interface has no lines.
      return;
    }
  }
}
