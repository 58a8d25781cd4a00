/** Files that attack the readers: how they are made, and what each tries. Tests alone use it. */
package io.pemn.fuzz;
