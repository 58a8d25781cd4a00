/**
 * What the built-in networks are, without an engine: their sizes and the names and shapes of their
 * parameters. The loader builds them; everyone else only needs to know what they consist of.
 */
package io.pemn.format.network;
