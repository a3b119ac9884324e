"""The City's own client system at Jobbtorg: enrolments, measures, employments, meetings and assessments."""
