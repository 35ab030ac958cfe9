export const openApiJson = '{}';
