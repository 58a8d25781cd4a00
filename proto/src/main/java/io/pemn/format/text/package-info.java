/**
 * Text that a stranger may have written: which of its characters can be shown. Internal: what reads
 * archives, and what tells of them, uses it, applications do not.
 */
package io.pemn.format.text;
