/** The {@code pemn} command: one class a subcommand, each a thin layer over the other modules. */
package io.pemn.cli;
