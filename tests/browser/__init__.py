"""Pages in Chromium. What was once wrong on them, and the test of the right behaviour.

==================================  ==========================================================================
exports were not the data           `test_truth`: `test_a_zoomed_plot_shows_every_point_of_the_range`
zoom brought no finer data          the same
wrong reason for the time limit     `test_visitors`: `test_a_job_says_where_it_ran_and_which_limit_ended_it`
a dead end on the sign-in page      `test_visitors`: `test_a_second_browser_signs_in_by_the_link_that_…`
"open to anyone" was not            `test_visitors`: `test_a_public_deployment_has_a_page_and_an_…`
drafts came back, or were lost      `test_truth`: `test_a_draft_is_offered_to_a_new_visit_and_kept_by_…`
classes could not be chosen         `test_visitors`: `test_labels_come_from_a_chosen_column_or_header_…`
search of the market                `test_truth`: `test_the_market_takes_a_range_without_complaint`
the command was not the form        `test_truth`: `test_the_command_of_the_training_form_is_the_form`
the preview left its frame          `test_truth`: `test_the_preview_keeps_to_its_frame_and_needs_the_…`
dead links                          `test_visitors`: `test_no_link_of_a_page_is_dead`
preprocessing had no Train          `test_reports`: `test_preprocessing_can_be_trained_from_its_page_and_…`
commands that needed more           `test_visitors`: `test_snippets_of_a_module_need_nothing_that_no_…`
false words on nodes                `tests/platform/web/test_truth.py`: `test_small_things_of_…`
node and name of jobs in lists      `test_visitors`: `test_a_job_says_where_it_ran_and_which_limit_ended_it`
scaled flux scaled again, colours   `test_readable`: `test_model_input_is_not_scaled_again_and_its_lines_…`,
                                    `test_reports`: `test_lines_of_a_plot_differ_in_colour`
sorting of a page only              `test_truth`: `test_titles_of_wide_tables_lead_to_the_whole_list`
cells, scale and circles of maps    `test_readable`: `test_cells_are_counted_alike_in_the_map_and_in_…`,
                                    `test_truth`: `test_a_map_explains_its_colours_and_marks`,
                                    `test_reports`: `test_spectra_without_a_label_are_white_circles_…`
resources contradicted themselves   `test_visitors`: `test_resources_begin_at_what_the_form_says_is_the_…`
a parameter told as of the recipe   `test_reports`: `test_a_parameter_out_of_its_range_is_told_at_its_…`
broken words in tables              `test_readable`: `test_tables_break_no_words`
navigation, length on a phone       `test_readable`: `test_every_navigation_entry_is_on_a_phones_screen`,
                                    `test_train_form`: `test_a_dataset_on_a_phone_has_two_lines_for_a_…`,
                                    `test_reports`: `test_a_phone_shows_the_head_in_one_line_and_legends_…`
a mended module was not seen        `test_visitors`: `test_a_mended_module_is_seen_by_the_next_visit`
small things                        `test_reports`: `test_the_breadcrumb_of_a_spectrum_names_its_dataset`,
                                    `test_visitors`: `test_counts_are_no_metrics_of_a_model_and_facts_…`,
                                    `tests/platform/web/test_truth.py`: `test_small_things_of_…`
copy buttons copied the beginning   `test_visitors`: `test_a_copy_button_copies_the_whole_snippet`
order of reports, headline metrics  `test_reports`: `test_a_report_begins_with_its_headline_and_ends_with_…`
many answers of Try it              `test_truth`: `test_many_answers_are_a_table_whose_lines_open_an_answer`
presets, and where a step is put    `test_train_form`: `test_a_preset_sets_its_steps_where_they_make_…`,
                                    `test_truth`: `test_a_new_step_stands_where_it_makes_sense`
==================================  ==========================================================================
"""
