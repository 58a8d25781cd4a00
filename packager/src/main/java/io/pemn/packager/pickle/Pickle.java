package io.pemn.packager.pickle;

import java.nio.ByteBuffer;

/**
 * Reads Python's pickles. Nothing is run or looked up: classes and functions stay names, and what
 * they would make of their arguments is for the caller to say.
 *
 * <p>Source: the opcodes of Python's {@code Lib/pickletools.py}, protocols 0 to 5.
 */
public final class Pickle {
  /** How deep lists, tuples, dictionaries and objects are nested at most. */
  public static final int MAX_DEPTH = 200;

  private Pickle() {}

  /**
   * Reads a pickle that names no more than is allowed.
   *
   * <p>What comes back can be walked without further care: it contains itself nowhere, is nested at
   * most {@link #MAX_DEPTH} deep, and has at most 4 million values, where one that stands in
   * several places counts as often. Strings and bytes are views of the buffer. Beside it at most
   * some hundred megabytes are taken, however hostile the pickle.
   *
   * <p>{@code _codecs.encode} and {@code bytes}, by which Python 3 writes bytes for Python 2, come
   * back as {@link PickleValue.Bytes}; they need not be allowed.
   *
   * @param pickle from its position to its limit, which stay; it must be all of the pickle
   * @param name of the file and the entry, for messages
   * @param calls what it may name
   * @throws PickleException if it is damaged or incomplete, has more or deeper nested values than
   *     the above, or names anything that is not allowed
   */
  public static PickleValue read(ByteBuffer pickle, String name, AllowedCalls calls)
      throws PickleException {
    return new PickleMachine(pickle, name, PickleDialect.python(calls), TupleListener.NONE).read();
  }

  /**
   * Reads a pickle that TorchScript wrote, which can name whatever it likes. Its values can contain
   * themselves, and be nested as deep as the pickle is long.
   *
   * @param pickle from its position to its limit, which stay; what follows its end is ignored
   * @param name of the file and the entry, for messages
   * @param listener is told of tuples
   * @throws PickleException if it is damaged, has more than 4 million values, or an instruction
   *     that TorchScript does not write
   */
  public static PickleValue readTorchScript(ByteBuffer pickle, String name, TupleListener listener)
      throws PickleException {
    return new PickleMachine(pickle, name, PickleDialect.TORCH_SCRIPT, listener).read();
  }
}
